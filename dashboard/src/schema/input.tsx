/** The input of a run: by fields, where the workflow says what it takes, or as JSON. */
import { useState } from "react";
import { JsonRow, parsed } from "../pieces/form";
import { Button } from "../ui";
import { problemsOf, SchemaFields } from "./fields";
import { hasFields, initial } from "./shape";

export type RunInput = { value: Record<string, unknown> | null; text: string; byFields: boolean; problems: Map<string, string> };

/** State of an input; `value` is null while what is typed is no object. */
export function useRunInput(schema: unknown, first?: Record<string, unknown>) {
  const fields = hasFields(schema);
  const [held, setHeld] = useState<Record<string, unknown> | null>(first ?? null);
  const [text, setText] = useState<string | null>(null);
  const [byFields, setByFields] = useState(true);
  const [tried, setTried] = useState(false);
  const start = fields ? (initial(schema, schema) as Record<string, unknown>) : {};
  const asFields = fields && byFields;
  const shown = text ?? JSON.stringify(held ?? start, null, 2);
  const read = parsed(shown);
  const value = asFields ? (held ?? start) : ((read.value as Record<string, unknown> | undefined) ?? null);
  const problems = fields && value ? problemsOf(schema, value) : new Map<string, string>();
  return {
    schema,
    fields,
    asFields,
    shown,
    value,
    problems: tried || !asFields ? problems : new Map([...problems].filter(([, problem]) => problem !== "Is needed")),
    /** Whether it may be sent; from then on, what is missing is told. */
    check: () => {
      setTried(true);
      return value !== null && problems.size === 0;
    },
    setValue: (next: unknown) => setHeld(next as Record<string, unknown>),
    setText,
    choose: (fieldsWanted: boolean) => {
      if (fieldsWanted && read.value) setHeld(read.value as Record<string, unknown>);
      setText(null);
      setByFields(fieldsWanted);
    },
  };
}

export function InputFields({ of, label = "Input" }: { of: ReturnType<typeof useRunInput>; label?: string }) {
  const told = [...of.problems].map(([place, problem]) => `${place.replace(/^#\/?/, "") || "input"}: ${problem}`).join("\n");
  return (
    <div className="grid gap-3 col-span-full">
      {of.fields && (
        <div role="group" aria-label="How to type the input" className="flex gap-1">
          {([["Fields", true], ["JSON", false]] as const).map(([name, fields]) => (
            <Button key={name} aria-pressed={of.asFields === fields} className={of.asFields === fields ? "!border-soft font-medium" : "text-soft"} disabled={fields && of.value === null} onClick={() => of.choose(fields)}>
              {name}
            </Button>
          ))}
        </div>
      )}
      {of.asFields && of.fields ? (
        <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
          <SchemaFields schema={of.schema as never} value={of.value} onChange={of.setValue} problems={of.problems} />
        </div>
      ) : (
        <JsonRow label={label} rows={8} value={of.shown} onChange={of.setText} problem={of.value === null ? "" : told} hint={of.fields ? undefined : "A JSON object. The workflow declares no schema for it."} />
      )}
    </div>
  );
}
