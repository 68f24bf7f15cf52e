/** The mark: a harbour, and what leaves it. */
export function Mark({ size = 26 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" strokeLinecap="round" aria-hidden>
      <path d="M13.2 5.4a7 7 0 1 0 0 13.2" stroke="var(--deep)" strokeWidth="2.8" />
      <path d="M10.5 12H18" stroke="var(--deep)" strokeWidth="2.3" />
      <circle cx="20.4" cy="12" r="2.4" fill="var(--mark)" />
    </svg>
  );
}
