/** A choice of a role. */
import { Field, input } from "../ui";

const ROLES = ["VIEWER", "MEMBER", "ADMIN", "OWNER"];

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
