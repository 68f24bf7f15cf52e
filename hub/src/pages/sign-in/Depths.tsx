/** Depth lines around a harbour, drawn by a rule: each line goes out a little further than the one before. */
const LINES = 11;

export function Depths({ className }: { readonly className?: string | undefined }) {
  return (
    <svg className={className} viewBox="0 0 800 900" preserveAspectRatio="xMidYMid slice" fill="none" aria-hidden>
      {Array.from({ length: LINES }, (_, line) => (
        <path
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no other name
          key={line}
          d={depthLine(70 + line * 62, line)}
          stroke="currentColor"
          strokeWidth={line % 4 === 0 ? 1.6 : 1}
          opacity={0.5 - line * 0.032}
        />
      ))}
      <path d="M640 96v44M618 118h44" stroke="var(--mark)" strokeWidth="2" />
      <circle cx="640" cy="118" r="9" stroke="var(--mark)" strokeWidth="2" />
    </svg>
  );
}

function depthLine(radius: number, seed: number): string {
  const points = Array.from({ length: 73 }, (_, step) => {
    const angle = (step / 72) * 2 * Math.PI;
    const swell = 1 + 0.09 * Math.sin(3 * angle + seed * 0.55) + 0.05 * Math.sin(5 * angle - seed * 0.8);
    const x = 640 + Math.cos(angle) * radius * swell * 1.12;
    const y = 118 + Math.sin(angle) * radius * swell;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join("L")}Z`;
}
