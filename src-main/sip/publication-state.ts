/** Whether event state stands at the server. Times are ISO 8601. */
export type PublicationState =
  | { readonly kind: 'off' }
  | { readonly kind: 'publishing' }
  | {
      readonly kind: 'published';
      /** When this publication was first made. */
      readonly since: string;
      /** SIP-ETag of the last 2xx; null when the server gave none. */
      readonly etag: string | null;
      readonly expiresAt: string;
    }
  | {
      readonly kind: 'failed';
      /** SIP code, or null when no answer came. */
      readonly code: number | null;
      readonly reason: string;
      /** When the next try runs, or null: with the next registration. */
      readonly retryAt: string | null;
    };
