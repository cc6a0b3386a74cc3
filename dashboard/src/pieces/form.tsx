/** Forms: fields with a hint and what is wrong with them, sent at once, with the rest of the problems below. */
import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useId } from "react";
import { ApiError } from "../api/client";
import { Button, input } from "../ui";

type Sent = Pick<UseMutationResult<unknown, Error, never>, "error" | "isPending">;

/** What is wrong with a field, without its name; "" if it is not at fault. */
export function problemOf(error: Error | null | undefined, ...fields: string[]): string {
  const field = error instanceof ApiError ? error.field.split(".").at(-1) : "";
  if (!error || !field || !fields.includes(field)) return "";
  const text = error.message.replace(new RegExp(`^(body\\.|auth\\.)?${field}: `), "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

type RowProps = { label: string; children: (props: { id: string; "aria-describedby"?: string; "aria-invalid"?: boolean }) => ReactNode; hint?: ReactNode; problem?: string; wide?: boolean };
/** A field with its label, a hint, and what is wrong with it. */
export function Row({ label, children, hint, problem = "", wide = false }: RowProps) {
  const id = useId();
  const about = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className={wide ? "col-span-full" : ""}>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      {children({ id, "aria-describedby": about || undefined, "aria-invalid": problem ? true : undefined })}
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-soft">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} role="alert" className="mt-1 text-xs text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}

type TextProps = { label: string; value: string; onChange: (value: string) => void; hint?: ReactNode; problem?: string; wide?: boolean; type?: string; placeholder?: string; mono?: boolean; list?: string[]; autoComplete?: string; min?: number; max?: number };
export function TextRow({ label, value, onChange, hint, problem, wide, mono, list, ...rest }: TextProps) {
  const names = useId();
  return (
    <Row label={label} hint={hint} problem={problem} wide={wide}>
      {(props) => (
        <>
          <input {...props} {...rest} list={list ? names : undefined} className={`${input} w-full ${mono ? "font-mono" : ""}`} value={value} spellCheck={mono ? false : undefined} onChange={(event) => onChange(event.target.value)} />
          {list && (
            <datalist id={names}>
              {list.map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Row>
  );
}

type ChoiceProps = { label: string; value: string; onChange: (value: string) => void; options: readonly (readonly [string, string])[]; hint?: ReactNode; problem?: string; wide?: boolean; disabled?: boolean };
export function ChoiceRow({ label, value, onChange, options, hint, problem, wide, disabled }: ChoiceProps) {
  return (
    <Row label={label} hint={hint} problem={problem} wide={wide}>
      {(props) => (
        <select {...props} disabled={disabled} className={`${input} w-full`} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map(([each, name]) => (
            <option key={each} value={each}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Row>
  );
}

type AreaProps = { label: string; value: string; onChange: (value: string) => void; hint?: ReactNode; problem?: string; rows?: number; placeholder?: string };
export function AreaRow({ label, value, onChange, hint, problem, rows = 4, placeholder }: AreaProps) {
  return (
    <Row label={label} hint={hint} problem={problem} wide>
      {(props) => <textarea {...props} rows={rows} placeholder={placeholder} spellCheck={false} className={`${input} w-full font-mono text-xs`} value={value} onChange={(event) => onChange(event.target.value)} />}
    </Row>
  );
}

/** JSON that is typed: what it says, or why it says nothing. */
export function parsed(text: string, kind: "object" | "any" = "object"): { value?: unknown; problem: string } {
  if (!text.trim()) return { value: kind === "object" ? {} : undefined, problem: "" };
  try {
    const value: unknown = JSON.parse(text);
    const fits = kind === "any" || (typeof value === "object" && value !== null && !Array.isArray(value));
    return fits ? { value, problem: "" } : { problem: "Expected a JSON object, such as {\"a\": 1}" };
  } catch (error) {
    return { problem: String(error).replace("SyntaxError: ", "") };
  }
}

type JsonRowProps = { label: string; value: string; onChange: (value: string) => void; hint?: ReactNode; problem?: string; kind?: "object" | "any"; rows?: number };
export function JsonRow({ label, value, onChange, hint, problem, kind = "object", rows = 4 }: JsonRowProps) {
  return <AreaRow label={label} value={value} onChange={onChange} hint={hint} rows={rows} problem={problem || parsed(value, kind).problem} />;
}

type FormProps = { sent: Sent; onSubmit: () => void; action: string; children: ReactNode; ready?: boolean; known?: string[]; onCancel?: () => void; tone?: "strong" | "danger" };
/** Fields in two columns with a button; `known` are fields that tell their own problems. */
export function Form({ sent, onSubmit, action, children, ready = true, known = [], onCancel, tone = "strong" }: FormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !sent.isPending) onSubmit();
  };
  const rest = sent.error && !problemOf(sent.error, ...known) ? sent.error.message : "";
  return (
    <form className="grid gap-x-4 gap-y-3 sm:grid-cols-2" onSubmit={submit} noValidate>
      {children}
      {rest && (
        <p role="alert" className="text-bad col-span-full">
          {rest}
        </p>
      )}
      <div className="flex flex-wrap gap-2 col-span-full">
        <Button type="submit" tone={tone} disabled={!ready || sent.isPending}>
          {action}
        </Button>
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      </div>
    </form>
  );
}

/** What a change that has no form of its own was refused for. */
export function Refusal({ of }: { of: (Error | null)[] }) {
  const error = of.find(Boolean);
  return error ? (
    <p role="alert" className="mb-3 rounded border border-bad/40 px-3 py-2 text-bad">
      {error.message}
    </p>
  ) : null;
}
