/** A webhook to make or to change: each source asks for what it needs. */
import { useState } from "react";
import { api, read, type Schema, useChange } from "../api/client";
import { AreaRow, ChoiceRow, Form, JsonRow, parsed, problemOf, Row, TextRow } from "../pieces/form";
import { linked } from "../pieces/view";
import { path } from "../workflow/data";

type Webhook = Schema["Webhook"];
export const SOURCES = [["GENERIC", "Any service"], ["GITHUB", "GitHub"], ["STRIPE", "Stripe"], ["SLACK", "Slack"], ["LINEAR", "Linear"], ["SVIX", "Svix"]] as const;
const KINDS = [["HMAC", "a signature (HMAC)"], ["API_KEY", "a key in a header"], ["BASIC", "user and password"]] as const;
// What each source sends, said as an expression that gives the event's key; where its secret is found.
const HINTS: Record<string, { key: string; secret: string }> = {
  GENERIC: { key: "'shop:' + input.type", secret: "The secret that both sides know." },
  GITHUB: { key: "'github:' + headers['x-github-event']", secret: "Repository → Settings → Webhooks → Secret; content type application/json." },
  STRIPE: { key: "'stripe:' + input.type", secret: "Developers → Webhooks → Signing secret (whsec_…)." },
  SLACK: { key: "'slack:' + input.event.type", secret: "Your app → Basic information → Signing secret." },
  LINEAR: { key: "'linear:' + input.type + ':' + input.action", secret: "Settings → API → Webhooks → Signing secret." },
  SVIX: { key: "'svix:' + input.type", secret: "The endpoint's signing secret (whsec_…)." },
};
const FIELDS = ["name", "eventKeyExpression", "scopeExpression", "username", "password", "headerName", "apiKey", "algorithm", "encoding", "signatureHeaderName", "signingSecret", "authType", "staticPayload"];

export function WebhookForm({ webhook, onDone }: { webhook?: Webhook; onDone: (name: string) => void }) {
  const [source, setSource] = useState<string>(webhook?.sourceName ?? "GENERIC");
  const [kind, setKind] = useState<string>(webhook?.authType ?? "HMAC");
  const [name, setName] = useState(webhook?.name ?? "");
  const [keyText, setKeyText] = useState(webhook?.eventKeyExpression ?? HINTS.GENERIC?.key ?? "");
  const [scope, setScope] = useState(webhook?.scopeExpression ?? "");
  const [extra, setExtra] = useState(() => (webhook?.staticPayload ? JSON.stringify(webhook.staticPayload, null, 2) : ""));
  const [returns, setReturns] = useState(webhook?.returnEventAsResponsePayload ?? false);
  const [secrets, setSecrets] = useState<Record<string, string>>({ algorithm: "SHA256", encoding: "HEX" });
  const [renewed, setRenewed] = useState(webhook === undefined);
  const choose = (next: string) => {
    if (keyText === HINTS[source]?.key) setKeyText(HINTS[next]?.key ?? "");
    if (next !== "GENERIC") setKind("HMAC");
    setSource(next);
  };
  const send = useChange(async () => {
    const auth = renewed ? (Object.fromEntries(Object.entries(secrets).filter(([, value]) => value)) as Schema["WebhookAuth"]) : undefined;
    const shared = { eventKeyExpression: keyText, scopeExpression: scope, staticPayload: (parsed(extra).value ?? {}) as Record<string, unknown>, returnEventAsResponsePayload: returns };
    if (webhook) await read(api.PATCH("/api/v1/stable/tenants/{tenant}/webhooks/{name}", { params: { path: { ...path(), name: webhook.name } }, body: { ...shared, auth } }));
    else await read(api.POST("/api/v1/stable/tenants/{tenant}/webhooks", { params: { path: path() }, body: { ...shared, name, sourceName: source as "GENERIC", authType: kind as "HMAC", auth: auth ?? {} } }));
    onDone(webhook?.name ?? name);
  });
  const fixedKind = ["STRIPE", "SLACK", "SVIX"].includes(source);
  return (
    <Form sent={send} action={webhook ? "Keep the changes" : "Make it"} ready={name !== "" && keyText !== "" && !parsed(extra).problem} known={FIELDS} onSubmit={() => send.mutate(undefined)}>
      <ChoiceRow label="Source" value={source} onChange={choose} options={SOURCES} disabled={webhook !== undefined} />
      {webhook ? (
        <ChoiceRow label="Verified by" value={kind} onChange={setKind} options={KINDS} disabled />
      ) : (
        <TextRow label="Name" placeholder="github-main" value={name} onChange={setName} hint="Letters, digits, . _ - ; part of the URL" problem={problemOf(send.error, "name")} />
      )}
      {!webhook && <ChoiceRow wide label="Verified by" value={kind} onChange={setKind} options={KINDS} disabled={fixedKind} problem={problemOf(send.error, "authType")} />}
      {renewed ? (
        <Secrets source={source} kind={kind} values={secrets} onChange={setSecrets} error={send.error} />
      ) : (
        <p className="col-span-full text-soft">
          Its secrets are kept encrypted, and shown to nobody.{" "}
          <button type="button" className={`cursor-pointer ${linked}`} onClick={() => setRenewed(true)}>
            Give other secrets
          </button>
        </p>
      )}
      <AreaRow label="Event key" rows={2} value={keyText} onChange={setKeyText} hint="CEL over input (what is sent) and headers (lower case); it gives the key of the event." problem={problemOf(send.error, "eventKeyExpression")} />
      <AreaRow label="Scope (optional)" rows={1} placeholder="input.repository.full_name" value={scope} onChange={setScope} hint="CEL likewise; it gives the event's scope, for filters." problem={problemOf(send.error, "scopeExpression")} />
      <details className="col-span-full" open={extra !== "" || returns}>
        <summary className="cursor-pointer text-soft">More</summary>
        <div className="mt-2 grid gap-3">
          <JsonRow label="Static payload" rows={2} value={extra} onChange={setExtra} hint="Joined with what is sent, and stronger." problem={problemOf(send.error, "staticPayload")} />
          <Row label="Answer with the event">{(props) => <input {...props} type="checkbox" className="size-4" checked={returns} onChange={(event) => setReturns(event.target.checked)} />}</Row>
        </div>
      </details>
    </Form>
  );
}

type SecretsProps = { source: string; kind: string; values: Record<string, string>; onChange: (values: Record<string, string>) => void; error: Error | null };
function Secrets({ source, kind, values, onChange, error }: SecretsProps) {
  const row = (name: string, label: string, rest: { hint?: string; placeholder?: string; type?: string } = {}) => (
    <TextRow key={name} label={label} autoComplete="off" value={values[name] ?? ""} onChange={(value) => onChange({ ...values, [name]: value })} problem={problemOf(error, name)} {...rest} />
  );
  if (kind === "BASIC") return <>{[row("username", "User"), row("password", "Password", { type: "password" })]}</>;
  if (kind === "API_KEY") return <>{[row("headerName", "Header", { placeholder: "x-api-key" }), row("apiKey", "Key", { type: "password" })]}</>;
  const secret = row("signingSecret", "Signing secret", { type: "password", hint: HINTS[source]?.secret });
  if (source !== "GENERIC") return <div className="col-span-full">{secret}</div>;
  const choice = (name: string, label: string, options: readonly string[]) => (
    <ChoiceRow key={name} label={label} value={values[name] ?? ""} onChange={(value) => onChange({ ...values, [name]: value })} options={options.map((each) => [each, each] as const)} problem={problemOf(error, name)} />
  );
  return (
    <>
      {row("signatureHeaderName", "Header of the signature", { placeholder: "x-signature" })}
      {secret}
      {choice("algorithm", "Algorithm", ["SHA256", "SHA512", "SHA1", "MD5"])}
      {choice("encoding", "Encoding", ["HEX", "BASE64", "BASE64URL"])}
    </>
  );
}
