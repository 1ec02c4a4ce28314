/** Title and width (a class, or '') of each column of a table. */
export type Columns = readonly (readonly [title: string, width: string])[];

/** The head of a table that has no room for one where it is narrow. The title of a column of actions is for screen readers. */
export function ColumnHeads({ columns }: { readonly columns: Columns }) {
  return (
    <thead className="text-muted text-xs @max-xl:sr-only">
      <tr>
        {columns.map(([title, width]) => (
          <th key={title} scope="col" className={`${width} pr-3 pb-1 font-medium`}>
            {title === 'Actions' ? <span className="sr-only">{title}</span> : title}
          </th>
        ))}
      </tr>
    </thead>
  );
}
