/** A file as text, by Vite. */
declare module '*.cjs?raw' {
  const text: string;
  export default text;
}
