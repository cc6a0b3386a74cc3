/** Text with the colours that programs give it by escape sequences (ECMA-48, SGR). */
const COLORS = ["text-soft", "text-bad", "text-good", "text-wait", "text-busy", "text-accent", "text-busy", "text-text"];
const SEQUENCE = /\u001b\[([0-9;]*)([A-Za-z])/g;

type Style = { color: string; bold: boolean; dim: boolean; under: boolean };
const PLAIN: Style = { color: "", bold: false, dim: false, under: false };

function applied(style: Style, codes: string): Style {
  let next = { ...style };
  const numbers = (codes || "0").split(";").map(Number);
  for (let place = 0; place < numbers.length; place += 1) {
    const code = numbers[place] ?? 0;
    if (code === 0) next = { ...PLAIN };
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 4) next.under = true;
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code === 24) next.under = false;
    else if (code >= 30 && code <= 37) next.color = COLORS[code - 30] ?? "";
    else if (code >= 90 && code <= 97) next.color = COLORS[code - 90] ?? "";
    else if (code === 39) next.color = "";
    // 38 and 48 bring a palette's number or three values along; the theme's own colours stand for them.
    else if (code === 38 || code === 48) place += numbers[place + 1] === 5 ? 2 : 4;
  }
  return next;
}

export function Ansi({ text }: { text: string }) {
  if (!text.includes("\u001b")) return <>{text}</>;
  const parts: { text: string; style: Style }[] = [];
  let style = PLAIN;
  let from = 0;
  for (const found of text.matchAll(SEQUENCE)) {
    if (found.index > from) parts.push({ text: text.slice(from, found.index), style });
    if (found[2] === "m") style = applied(style, found[1] ?? "");
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), style });
  return (
    <>
      {parts.map((part, place) => (
        <span key={place} className={`${part.style.color} ${part.style.bold ? "font-bold" : ""} ${part.style.dim ? "opacity-75" : ""} ${part.style.under ? "underline" : ""}`}>
          {part.text}
        </span>
      ))}
    </>
  );
}
