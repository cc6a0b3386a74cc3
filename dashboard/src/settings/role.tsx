/** A choice of a role. */
import { Field, input } from "../ui";

export type Role = "VIEWER" | "MEMBER" | "ADMIN" | "OWNER";
export const ROLES: Role[] = ["VIEWER", "MEMBER", "ADMIN", "OWNER"];
export const suffices = (role: string, least: Role) => ROLES.indexOf(role as Role) >= ROLES.indexOf(least);

type Props = { label: string; value: string; onChange: (role: string) => void; bare?: boolean };
export function RoleChoice({ label, value, onChange, bare = false }: Props) {
  const choice = (
    <select aria-label={bare ? label : undefined} className={input} value={value} onChange={(event) => onChange(event.target.value)}>
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {role.toLowerCase()}
        </option>
      ))}
    </select>
  );
  return bare ? choice : <Field label={label}>{choice}</Field>;
}
