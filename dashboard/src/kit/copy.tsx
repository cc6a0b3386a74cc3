import { Check, Copy as CopyMark } from "lucide-react";
import { useState } from "react";
import { IconButton } from "./button";

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await write(text);
    setDone(true);
    window.setTimeout(() => setDone(false), 1500);
  };
  return (
    <IconButton label={label} onClick={() => void copy()}>
      {done ? <Check aria-hidden="true" size={14} className="text-good" /> : <CopyMark aria-hidden="true" size={14} />}
      <span aria-live="polite" className="sr-only">
        {done ? "Copied" : ""}
      </span>
    </IconButton>
  );
}

/** Puts a text on the clipboard; pages that are not served over TLS have the old way alone. */
async function write(text: string) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
