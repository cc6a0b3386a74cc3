/** Going anywhere by a few letters. */
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { ArrowRight, FileCode, Keyboard, Monitor, Moon, Play, Sun } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useAreListsAwaited, useRecentRuns, useWorkflows } from "../api/lists";
import { StatusMark } from "../kit/status";
import { ago } from "../format";
import { chooseTheme } from "./theme";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const GROUP = "[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-soft";

type PaletteProps = { pages: readonly (readonly [string, string])[]; onClose: () => void; onHelp: () => void };
export default function Palette({ pages, onClose, onHelp }: PaletteProps) {
  const [text, setText] = useState("");
  const navigate = useNavigate();
  const workflows = useWorkflows();
  const runs = useRecentRuns();
  const go = (act: () => unknown) => () => {
    onClose();
    act();
  };
  const id = text.trim();
  const isRun = UUID.test(id);
  const list = useRef<HTMLDivElement>(null);
  const keep = useEnterOnceKnown(list, useAreListsAwaited() && id !== "" && !isRun, text);
  return (
    <Command.Dialog
      onKeyDown={keep}
      open
      onOpenChange={(open) => !open && onClose()}
      label="Go to"
      overlayClassName="fixed inset-0 z-40 bg-black/40"
      contentClassName="appear fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-panel shadow-float"
    >
      <Command.Input value={text} onValueChange={setText} placeholder="A page, a workflow, a run's id…" className="w-full border-b border-line bg-transparent px-4 py-3 text-base outline-none placeholder:text-soft" />
      <Command.List ref={list} className="max-h-[50vh] overflow-auto p-1">
        <Command.Empty className="p-6 text-center text-soft">Nothing has this name. A run is found by its whole id.</Command.Empty>
        {isRun && (
          // It is there whatever else is found, and so can be chosen as soon as it is drawn.
          <Command.Group forceMount heading="Run" className={GROUP}>
            <Item forceMount value={id} icon={<ArrowRight aria-hidden="true" size={15} />} onSelect={go(() => navigate({ to: "/runs/$run", params: { run: id.toLowerCase() } }))}>
              Open the run {id}
            </Item>
          </Command.Group>
        )}
        <Command.Group heading="Pages" className={GROUP}>
          {pages.map(([to, name]) => (
            <Item key={to} value={`page ${name}`} icon={<ArrowRight aria-hidden="true" size={15} />} onSelect={go(() => navigate({ to }))}>
              {name}
            </Item>
          ))}
        </Command.Group>
        <Command.Group heading="Workflows" className={GROUP}>
          {workflows.map((workflow) => (
            <Item
              key={workflow.metadata.id}
              value={`workflow ${workflow.name} ${workflow.metadata.id}`}
              icon={<FileCode aria-hidden="true" size={15} />}
              onSelect={go(() => navigate({ to: "/workflows/$workflow", params: { workflow: workflow.metadata.id } }))}
            >
              {workflow.name}
            </Item>
          ))}
        </Command.Group>
        <Command.Group heading="Start a run" className={GROUP}>
          {workflows.map((workflow) => (
            <Item
              key={workflow.metadata.id}
              value={`start run trigger ${workflow.name} ${workflow.metadata.id}`}
              icon={<Play aria-hidden="true" size={15} />}
              onSelect={go(() => navigate({ to: "/runs", search: { start: workflow.name } }))}
            >
              Start {workflow.name}
            </Item>
          ))}
        </Command.Group>
        <Command.Group heading="Latest runs" className={GROUP}>
          {runs.map((run) => (
            <Item
              key={run.metadata.id}
              value={`run ${run.displayName} ${run.metadata.id}`}
              icon={<StatusMark value={run.status} />}
              onSelect={go(() => navigate({ to: "/runs/$run", params: { run: run.metadata.id } }))}
            >
              {run.displayName} <span className="text-soft">{ago(run.createdAt)}</span>
            </Item>
          ))}
        </Command.Group>
        <Command.Group heading="More" className={GROUP}>
          <Item value="light theme" icon={<Sun aria-hidden="true" size={15} />} onSelect={go(() => chooseTheme("light"))}>
            Light theme
          </Item>
          <Item value="dark theme" icon={<Moon aria-hidden="true" size={15} />} onSelect={go(() => chooseTheme("dark"))}>
            Dark theme
          </Item>
          <Item value="system theme" icon={<Monitor aria-hidden="true" size={15} />} onSelect={go(() => chooseTheme("system"))}>
            The system's theme
          </Item>
          <Item value="keyboard shortcuts help" icon={<Keyboard aria-hidden="true" size={15} />} onSelect={go(onHelp)}>
            Keyboard shortcuts
          </Item>
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}

/** Keeps an Enter that comes while the lists are still awaited, until they are there: then it takes what fits best. */
function useEnterOnceKnown(list: { current: HTMLDivElement | null }, isAwaited: boolean, text: string) {
  const [kept, keep] = useState("");
  useEffect(() => {
    if (!kept || isAwaited) return;
    keep("");
    if (kept !== text) return;
    // What has come is sorted in before the next frame.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>("[cmdk-item]:not([aria-disabled=true])")?.click());
  }, [kept, isAwaited, text, list]);
  return (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing || !isAwaited) return;
    event.preventDefault();
    keep(text);
  };
}

type ItemProps = { value: string; icon: ReactNode; onSelect: () => void; children: ReactNode; forceMount?: boolean };
function Item({ value, icon, onSelect, children, forceMount }: ItemProps) {
  return (
    <Command.Item forceMount={forceMount} value={value} onSelect={onSelect} className="flex cursor-pointer items-center gap-2.5 rounded-md px-2 py-1.5 data-[selected=true]:bg-hover">
      <span className="text-soft">{icon}</span>
      <span className="truncate">{children}</span>
    </Command.Item>
  );
}
