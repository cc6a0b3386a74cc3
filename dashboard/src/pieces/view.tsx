/** Small things that several pages show: ways between views, empty places, levels, texts to copy. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { Button, input } from "../ui";
import { useAddress } from "./address";

/** Views of one page, named in its address by `?tab=`. */
export function Views({ label, views, chosen }: { label: string; views: readonly (readonly [string, string])[]; chosen: string }) {
  return (
    <nav aria-label={label} className="mb-4 flex gap-5 overflow-x-auto border-b border-line">
      {views.map(([id, name], place) => (
        <Link
          key={id}
          to="."
          search={(place === 0 ? {} : { tab: id }) as never}
          aria-current={id === chosen ? "page" : undefined}
          className={`-mb-px border-b-2 py-2 font-medium whitespace-nowrap -outline-offset-2 ${id === chosen ? "border-accent text-text" : "border-transparent text-soft hover:text-text"}`}
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

/** Nothing is here: what that means, and what to type to have something. */
export function Nothing({ title, children, command, action }: { title: string; children?: ReactNode; command?: string; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center text-soft">
      <p className="font-medium text-text">{title}</p>
      {children && <div className="max-w-lg">{children}</div>}
      {command && (
        <p className="flex max-w-full items-center gap-1 rounded border border-line bg-ground py-1 pr-1 pl-3 text-left text-text">
          <code className="break-all whitespace-pre-wrap">{command}</code>
          <CopyButton text={command} label="Copy the command" />
        </p>
      )}
      {action}
    </div>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    timer.current = window.setTimeout(() => setDone(false), 2000);
  };
  return (
    <span className="relative inline-flex">
      <Button aria-label={label} title={label} className="!px-2 !py-0.5 text-xs" onClick={copy}>
        {done ? "Copied" : "Copy"}
      </Button>
      <span role="status" className="sr-only">
        {done ? "Copied" : ""}
      </span>
    </span>
  );
}

/** How much of something is used, as a bar with words. */
export function Level({ label, used, of, words, warn = false }: { label: string; used: number; of: number; words?: string; warn?: boolean }) {
  const share = of > 0 ? Math.min(1, Math.max(0, used / of)) : 0;
  return (
    <span className="relative flex min-w-40 items-center gap-2">
      <meter aria-label={label} className="sr-only" min={0} max={of || 1} value={Math.min(used, of || 1)} />
      <span aria-hidden="true" className="h-2 min-w-16 flex-1 overflow-hidden rounded-full bg-line">
        <span className={`block h-full rounded-full ${warn ? "bg-wait" : "bg-busy"}`} style={{ width: `${share * 100}%` }} />
      </span>
      <span className="text-xs tabular-nums whitespace-nowrap">{words ?? `${used} / ${of}`}</span>
    </span>
  );
}

/** A name and what belongs to it, one below the other. */
export function Facts({ of }: { of: (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(7rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5">
      {of.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-soft">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A field for a search that stands in the address; typing waits a moment before it asks. */
export function SearchField({ name, label, placeholder, className = "" }: { name: string; label: string; placeholder?: string; className?: string }) {
  const { get, set } = useAddress();
  const held = get(name);
  const [text, setText] = useState(held);
  const sent = useRef(held);
  // biome-ignore lint: only what is typed starts the wait, and only another address overrules it.
  useEffect(() => {
    if (text === sent.current) return;
    const timer = window.setTimeout(() => {
      sent.current = text;
      set({ [name]: text, page: undefined });
    }, 250);
    return () => window.clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    if (held !== sent.current) {
      sent.current = held;
      setText(held);
    }
  }, [held]);
  return <input type="search" aria-label={label} placeholder={placeholder ?? label.toLowerCase()} className={`${input} ${className}`} value={text} onChange={(event) => setText(event.target.value)} />;
}

/** A choice that stands in the address. */
export function ChoiceField({ name, label, options }: { name: string; label: string; options: readonly (readonly [string, string])[] }) {
  const { get, set } = useAddress();
  return (
    <select aria-label={label} className={`${input} max-w-60`} value={get(name)} onChange={(event) => set({ [name]: event.target.value, page: undefined })}>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** The way to newer and older pages. */
export function Pages({ more }: { more: boolean }) {
  const { get, set } = useAddress();
  const page = Number(get("page")) || 1;
  if (page === 1 && !more) return null;
  return (
    <div className="mt-3 flex items-center gap-2">
      <Button disabled={page === 1} onClick={() => set({ page: page === 2 ? undefined : page - 1 }, false)}>
        Newer
      </Button>
      <span className="text-soft tabular-nums">page {page}</span>
      <Button disabled={!more} onClick={() => set({ page: page + 1 }, false)}>
        Older
      </Button>
    </div>
  );
}

export const linked = "text-accent underline underline-offset-2";
