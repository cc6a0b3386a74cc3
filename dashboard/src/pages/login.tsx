/** What stands before everything: who are you? And the page on which an invitation is accepted. */
import { type FormEvent, type ReactNode, useState } from "react";
import { api, read, useLive } from "../api/client";
import { Button, Field, input, Loaded } from "../ui";

const wide = `${input} w-full`;

export function LogIn() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const meta = useLive(["meta"], () => read(api.GET("/api/v1/meta")), 600_000);
  const schemes = (meta.data?.auth as { schemes: string[] } | undefined)?.schemes ?? [];
  return (
    <Gate
      title="Log in to Mattock"
      action="Log in"
      send={() => read(api.POST("/api/v1/users/login", { body: { email, password } }))}
      to={window.location.pathname === "/login" ? "/" : window.location.href}
      below={
        <>
          {schemes.includes("oidc") && (
            <p className="mb-6">
              <a className="text-accent underline" href={`/login/oidc?to=${encodeURIComponent(window.location.pathname + window.location.search)}`}>
                Log in by your organisation
              </a>
            </p>
          )}
          <p className="mb-2">No password yet? A link logs you in. The server prints one when it starts, and this makes another:</p>
          <pre className="rounded bg-panel p-3 font-mono">mattock dashboard --open</pre>
        </>
      }
    >
      <Field label="E-mail">
        <input className={wide} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
      </Field>
      <Password label="Password" value={password} onChange={setPassword} />
    </Gate>
  );
}

export function Invitation() {
  const code = new URLSearchParams(window.location.search).get("code") ?? "";
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const found = useLive(["invitation", code], () => read(api.GET("/api/v1/users/invitations/{code}", { params: { path: { code } } })), 600_000);
  return (
    <Loaded of={found}>
      {(it) => (
        <Gate
          title={`Join ${it.tenant}`}
          action="Join"
          send={() => read(api.POST("/api/v1/users/invitations/accept", { body: { code, name, password } }))}
          to="/"
          below={null}
        >
          <p>
            {it.email} is invited as {it.role.toLowerCase()}.
          </p>
          {!it.known && (
            <Field label="Your name">
              <input className={wide} autoComplete="name" required value={name} onChange={(event) => setName(event.target.value)} />
            </Field>
          )}
          <Password label={it.known ? "Your password" : "A password of ten characters or more"} value={password} onChange={setPassword} isNew={!it.known} />
        </Gate>
      )}
    </Loaded>
  );
}

type PasswordProps = { label: string; value: string; onChange: (text: string) => void; isNew?: boolean; optional?: boolean };
export function Password({ label, value, onChange, isNew = false, optional = false }: PasswordProps) {
  return (
    <Field label={label}>
      <input
        className={wide}
        type="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        required={!optional}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

type GateProps = { title: string; action: string; send: () => Promise<unknown>; to: string; children: ReactNode; below: ReactNode };
function Gate({ title, action, send, to, children, below }: GateProps) {
  const [problem, setProblem] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send().then(
      () => window.location.assign(to),
      (error: Error) => setProblem(error.message),
    );
  };
  return (
    <main className="mx-auto max-w-lg p-8">
      <h1 className="mb-3 text-xl font-semibold">{title}</h1>
      <form onSubmit={submit} className="mb-6 flex flex-col gap-3">
        {children}
        {problem && (
          <p role="alert" className="text-bad">
            {problem}
          </p>
        )}
        <Button type="submit" tone="strong">
          {action}
        </Button>
      </form>
      {below}
    </main>
  );
}
