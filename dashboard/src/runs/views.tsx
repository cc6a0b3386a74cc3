/** Sets of filters with names: a few that everybody has, and those that were saved in this browser. */
import { Link } from "@tanstack/react-router";
import { Bookmark, Trash2 } from "lucide-react";
import { useState } from "react";
import type { RunFilters } from "../filters";
import { Button, Field, IconButton, input, Popover } from "../ui";

type View = { name: string; filters: RunFilters };
const USUAL: View[] = [
  { name: "All", filters: {} },
  { name: "Failed", filters: { status: "FAILED" } },
  { name: "Running", filters: { status: "RUNNING" } },
  { name: "Waiting", filters: { status: "QUEUED" } },
];
const KEY = "runs.views";

function kept(): View[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((view): view is View => typeof view?.name === "string" && typeof view?.filters === "object") : [];
  } catch {
    return [];
  }
}

const text = (filters: RunFilters) =>
  JSON.stringify(
    Object.entries(filters)
      .filter(([key, value]) => value !== undefined && key !== "start")
      .sort(([a], [b]) => a.localeCompare(b)),
  );

export function Views({ filters }: { filters: RunFilters }) {
  const [own, setOwn] = useState(kept);
  const [name, setName] = useState("");
  const [open, setOpen] = useState(false);
  const put = (next: View[]) => {
    localStorage.setItem(KEY, JSON.stringify(next));
    setOwn(next);
  };
  const now = text(filters);
  const isKnown = [...USUAL, ...own].some((view) => text(view.filters) === now);
  const save = () => {
    put([...own.filter((view) => view.name !== name.trim()), { name: name.trim(), filters: { ...filters, start: undefined } }]);
    setOpen(false);
    setName("");
  };
  return (
    <nav aria-label="Views" className="mb-3 flex flex-wrap items-center gap-1">
      {[...USUAL, ...own].map((view) => {
        const isShown = text(view.filters) === now;
        const isOwn = own.includes(view);
        return (
          <span key={`${isOwn}${view.name}`} className={`inline-flex items-center rounded-md ${isShown ? "bg-hover" : ""}`}>
            <Link to="/runs" search={view.filters} aria-current={isShown ? "true" : undefined} className={`rounded-md px-2.5 py-1 ${isShown ? "font-medium" : "text-soft hover:text-text"}`}>
              {view.name}
            </Link>
            {isOwn && isShown && (
              <IconButton label={`Delete the view ${view.name}`} onClick={() => put(own.filter((each) => each !== view))}>
                <Trash2 aria-hidden="true" size={13} />
              </IconButton>
            )}
          </span>
        );
      })}
      {!isKnown && (
        <Popover
          label="Save this view"
          open={open}
          onOpenChange={setOpen}
          trigger={
            <Button tone="quiet">
              <Bookmark aria-hidden="true" size={14} />
              Save view
            </Button>
          }
        >
          <form
            className="grid w-56 gap-2"
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim()) save();
            }}
          >
            <Field label="Name of the view">
              <input autoFocus className={`${input} w-full`} value={name} onChange={(event) => setName(event.target.value)} />
            </Field>
            <Button type="submit" tone="strong" disabled={!name.trim()}>
              Save
            </Button>
          </form>
        </Popover>
      )}
    </nav>
  );
}
