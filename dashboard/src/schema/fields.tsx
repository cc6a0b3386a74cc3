/** Fields for a JSON schema, with what is wrong with each beside it. */
import { type Schema as Draft, Validator } from "@cfworker/json-schema";
import { useState } from "react";
import { ChoiceRow, JsonRow, parsed, Row, TextRow } from "../pieces/form";
import { Button, input } from "../ui";
import { initial, type JsonSchema, kindOf, resolved } from "./shape";

/** What is wrong with a value, by the pointer to it. */
export function problemsOf(schema: JsonSchema, value: unknown): Map<string, string> {
  const found = new Map<string, string>();
  // It compiles nothing at run time: the page's policy forbids that.
  for (const each of new Validator(schema as Draft, "2020-12", false).validate(value).errors) {
    const missing = each.keyword === "required" ? /"([^"]+)"/.exec(each.error)?.[1] : undefined;
    const place = missing === undefined ? each.instanceLocation : `${each.instanceLocation}/${missing}`;
    if (["properties", "items", "$ref", "anyOf", "allOf"].includes(each.keyword) && each.keyword !== "anyOf") continue;
    if (!found.has(place)) found.set(place, missing === undefined ? each.error : "Is needed");
  }
  return found;
}

type PartProps = {
  name: string;
  schema: JsonSchema;
  root: JsonSchema;
  place: string;
  required: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
  problems: Map<string, string>;
};

/** All fields of an object. */
export function SchemaFields({ schema, value, onChange, problems }: { schema: JsonSchema; value: unknown; onChange: (value: unknown) => void; problems: Map<string, string> }) {
  return <Members schema={resolved(schema, schema).schema} root={schema} place="#" value={value} onChange={onChange} problems={problems} />;
}

function Members({ schema, root, place, value, onChange, problems }: Omit<PartProps, "name" | "required">) {
  const held = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const set = (name: string, part: unknown) => {
    const { [name]: _, ...rest } = held;
    const order = Object.keys(schema.properties ?? {});
    const next: Record<string, unknown> = part === undefined ? rest : { ...rest, [name]: part };
    onChange(Object.fromEntries(Object.entries(next).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))));
  };
  return (
    <>
      {Object.entries(schema.properties ?? {}).map(([name, part]) => (
        <Part key={name} name={name} schema={part} root={root} place={`${place}/${name}`} required={schema.required?.includes(name) ?? false} value={held[name]} onChange={(next) => set(name, next)} problems={problems} />
      ))}
    </>
  );
}

function Part(props: PartProps) {
  const { name, root, place, required, value, onChange, problems } = props;
  const { schema, nullable } = resolved(props.schema, root);
  const label = `${schema.title ?? name}${required && !nullable ? "" : " (optional)"}`;
  const problem = problems.get(place) ?? "";
  const text = value === undefined || value === null ? "" : String(value);
  const about = { label, hint: schema.description, problem };
  switch (kindOf(schema)) {
    case "choice": {
      const values = schema.enum ?? [schema.const];
      const options = [...(required && value !== undefined ? [] : [["", required ? "choose" : "none"] as const]), ...values.map((each) => [JSON.stringify(each), String(each)] as const)];
      return <ChoiceRow {...about} value={value === undefined ? "" : JSON.stringify(value)} options={options} onChange={(next) => onChange(next ? JSON.parse(next) : undefined)} />;
    }
    case "boolean":
      return required ? (
        <Row {...about}>{(own) => <input {...own} type="checkbox" className="size-4" checked={value === true} onChange={(event) => onChange(event.target.checked)} />}</Row>
      ) : (
        <ChoiceRow {...about} value={text} options={[["", "not said"], ["true", "yes"], ["false", "no"]]} onChange={(next) => onChange(next ? next === "true" : undefined)} />
      );
    case "integer":
    case "number":
      return <TextRow {...about} type="number" min={schema.minimum} max={schema.maximum} value={text} onChange={(next) => onChange(next === "" ? undefined : Number(next))} />;
    case "time":
      return <TextRow {...about} type="datetime-local" value={localTime(text)} onChange={(next) => onChange(next ? new Date(next).toISOString() : undefined)} />;
    case "date":
      return <TextRow {...about} type="date" value={text} onChange={(next) => onChange(next || undefined)} />;
    case "text":
      return <TextRow {...about} value={text} onChange={(next) => onChange(next === "" && (!required || nullable) ? undefined : next)} />;
    case "long":
      return <Row {...about} wide>{(own) => <textarea {...own} rows={4} className={`${input} w-full`} value={text} onChange={(event) => onChange(event.target.value || undefined)} />}</Row>;
    case "object":
      return (
        <fieldset className="grid gap-3 rounded border border-line p-3 col-span-full sm:grid-cols-2">
          <legend className="px-1 font-medium">{label}</legend>
          {schema.description && <p className="text-xs text-soft col-span-full">{schema.description}</p>}
          <Members schema={schema} root={root} place={place} value={value} onChange={onChange} problems={problems} />
        </fieldset>
      );
    case "list":
      return <List {...props} label={label} schema={schema} />;
    default:
      return <JsonPart label={label} hint={schema.description ?? "JSON"} problem={problem} value={value} onChange={onChange} />;
  }
}

function List({ schema, root, place, value, onChange, problems, label }: PartProps & { label: string }) {
  const items = Array.isArray(value) ? value : [];
  const shape = schema.items ?? {};
  return (
    <fieldset className="grid gap-3 rounded border border-line p-3 col-span-full">
      <legend className="px-1 font-medium">{label}</legend>
      {schema.description && <p className="text-xs text-soft">{schema.description}</p>}
      {items.map((item, index) => (
        // biome-ignore lint: an item has no name but its place.
        <div key={index} className="flex items-end gap-2">
          <div className="min-w-0 flex-1">
            <Part name={`${label} ${index + 1}`} schema={{ ...shape, title: `No. ${index + 1}` }} root={root} place={`${place}/${index}`} required value={item} onChange={(next) => onChange(items.with(index, next ?? null))} problems={problems} />
          </div>
          <Button aria-label={`Remove no. ${index + 1} of ${label}`} onClick={() => onChange(items.toSpliced(index, 1))}>
            ✕
          </Button>
        </div>
      ))}
      {problems.get(place) && (
        <p role="alert" className="text-xs text-bad">
          {problems.get(place)}
        </p>
      )}
      <div>
        <Button aria-label={`Add to ${label}`} onClick={() => onChange([...items, initial(shape, root) ?? (kindOf(resolved(shape, root).schema) === "text" ? "" : null)])}>
          Add
        </Button>
      </div>
    </fieldset>
  );
}

function JsonPart({ label, hint, problem, value, onChange }: { label: string; hint: string; problem: string; value: unknown; onChange: (value: unknown) => void }) {
  const [text, setText] = useState(() => (value === undefined ? "" : JSON.stringify(value, null, 2)));
  const change = (next: string) => {
    setText(next);
    const found = parsed(next, "any");
    if (!found.problem) onChange(found.value);
  };
  return <JsonRow label={label} hint={hint} problem={problem} kind="any" rows={3} value={text} onChange={change} />;
}

/** A moment as a browser's field has it: the clock here, without a zone. */
export function localTime(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return "";
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
