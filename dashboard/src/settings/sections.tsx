/** The sections of the settings: each in a file of its own, with an address of its own (`/settings/<id>`). */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { TenantLimits } from "../flow/tenantLimits";
import { Account, NewTenant } from "./account";
import { General } from "./general";
import { Invitations, Members } from "./members";
import type { Role } from "./role";
import { Retention } from "./retention";
import { Tokens } from "./tokens";

type Part = ComponentType | LazyExoticComponent<ComponentType>;
/** `parts` are shown one below the other to those whose role is `least` or above. */
export type Section = { id: string; name: string; parts: (readonly [least: Role, part: Part])[]; person?: boolean };

const Audit = lazy(() => import("./audit"));
const Alerts = lazy(async () => ({ default: (await import("./alerts")).Alerts }));

export const SECTIONS: Section[] = [
  { id: "general", name: "General", parts: [["VIEWER", General]] },
  { id: "members", name: "Members", parts: [["VIEWER", Members], ["ADMIN", Invitations]] },
  { id: "tokens", name: "API tokens", parts: [["ADMIN", Tokens]] },
  { id: "limits", name: "Limits", parts: [["ADMIN", TenantLimits]] },
  { id: "alerts", name: "Alerts", parts: [["ADMIN", Alerts]] },
  { id: "retention", name: "Retention", parts: [["ADMIN", Retention]] },
  { id: "audit", name: "Audit log", parts: [["ADMIN", Audit]] },
  { id: "account", name: "Your account", parts: [["VIEWER", Account]], person: true },
  { id: "tenants", name: "New tenant", parts: [["OWNER", NewTenant]] },
];
