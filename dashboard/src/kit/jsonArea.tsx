import { useId, useState } from "react";
import { Field, input } from "./field";

type JsonAreaProps = { label: string; value: string; onChange: (text: string, parsed: Record<string, unknown> | null) => void };
/** An area for a JSON object, which says what is wrong with it. */
export function JsonArea({ label, value, onChange }: JsonAreaProps) {
  const [problem, setProblem] = useState("");
  const told = useId();
  return (
    <Field label={label}>
      <textarea
        className={`${input} h-44 w-full font-mono text-xs`}
        spellCheck={false}
        value={value}
        aria-invalid={problem !== ""}
        aria-describedby={problem ? told : undefined}
        onChange={(event) => {
          const text = event.target.value;
          try {
            const parsed: unknown = JSON.parse(text);
            const fits = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
            setProblem(fits ? "" : "expected a JSON object");
            onChange(text, fits ? (parsed as Record<string, unknown>) : null);
          } catch (error) {
            setProblem(String(error).replace("SyntaxError: ", ""));
            onChange(text, null);
          }
        }}
      />
      {problem && (
        <span id={told} role="alert" className="text-bad">
          {problem}
        </span>
      )}
    </Field>
  );
}
