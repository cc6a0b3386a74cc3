/** The settings: a page with sections, each at its own address. */
import { Link, useParams } from "@tanstack/react-router";
import { Suspense } from "react";
import { useMe } from "../api/client";
import { Nothing } from "../pieces/view";
import { suffices } from "../settings/role";
import { SECTIONS } from "../settings/sections";
import { Page } from "../ui";

export function Settings() {
  const me = useMe().data;
  const { section } = useParams({ strict: false }) as { section?: string };
  const role = me?.role ?? "";
  const open = SECTIONS.filter((each) => (!each.person || me?.email) && each.parts.some(([least]) => suffices(role, least)));
  const shown = section === undefined ? open[0] : open.find((each) => each.id === section);
  return (
    <Page title="Settings">
      <div className="items-start gap-6 md:grid md:grid-cols-[11rem_minmax(0,1fr)]">
        <nav aria-label="Sections" className="mb-4 flex gap-1 overflow-x-auto md:grid">
          {open.map((each) => (
            <Link
              key={each.id}
              to="/settings/$section"
              params={{ section: each.id }}
              aria-current={each === shown ? "page" : undefined}
              className={`rounded px-2 py-1 whitespace-nowrap ${each === shown ? "border border-line bg-panel font-medium" : "border border-transparent text-soft hover:text-text"}`}
            >
              {each.name}
            </Link>
          ))}
        </nav>
        <div className="min-w-0">
          <Suspense fallback={<p role="status" className="text-soft">Loading…</p>}>
            {shown ? (
              shown.parts.filter(([least]) => suffices(role, least)).map(([, Part], place) => <Part key={place} />)
            ) : (
              <Nothing title="There is nothing here for you">Your role in this tenant is {role.toLowerCase()}.</Nothing>
            )}
          </Suspense>
        </div>
      </div>
    </Page>
  );
}
