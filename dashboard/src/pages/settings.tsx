/** What an administrator rules over: tokens, members, and everybody's own account. */
import { Link } from "@tanstack/react-router";
import { useMe } from "../api/client";
import { TenantLimits } from "../flow/tenantLimits";
import { Account, NewTenant } from "../settings/account";
import { Alerts } from "../settings/alerts";
import { Invitations, Members } from "../settings/members";
import { Retention } from "../settings/retention";
import { Tokens } from "../settings/tokens";
import { Page } from "../ui";

export function Settings() {
  const me = useMe().data;
  const rules = me?.role === "ADMIN" || me?.role === "OWNER";
  return (
    <Page
      title="Settings"
      actions={
        rules && (
          <Link to="/audit" className="text-accent underline">
            Audit log
          </Link>
        )
      }
    >
      {rules && <TenantLimits />}
      {rules && <Tokens />}
      <Members />
      {rules && <Invitations />}
      {rules && <Alerts />}
      {rules && <Retention />}
      {me?.email && <Account />}
      {me?.role === "OWNER" && <NewTenant />}
    </Page>
  );
}
