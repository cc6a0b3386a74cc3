/** Asks before something is destroyed. */
import type { UseMutationResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Button, Dialog, input } from "../ui";

type ConfirmProps = {
  title: string;
  open: boolean;
  onClose: () => void;
  action: string;
  children: ReactNode;
  change: Pick<UseMutationResult<unknown, Error, never>, "error" | "isPending">;
  onConfirm: () => void;
  /** What must be typed first, for what cannot be had back. */
  typed?: string;
};
export function Confirm({ title, open, onClose, action, children, change, onConfirm, typed }: ConfirmProps) {
  const [text, setText] = useState("");
  return (
    <Dialog title={title} open={open} onClose={onClose}>
      <div className="grid gap-3">
        <div>{children}</div>
        {typed && (
          <label className="block">
            <span className="mb-1 block text-soft">
              Type <code className="text-text">{typed}</code> to go on
            </span>
            <input className={`${input} w-full`} value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" />
          </label>
        )}
        {change.error && (
          <p role="alert" className="text-bad">
            {change.error.message}
          </p>
        )}
        <div className="flex flex-wrap gap-2">
          <Button tone="danger" disabled={change.isPending || (typed !== undefined && text !== typed)} onClick={onConfirm}>
            {action}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}
