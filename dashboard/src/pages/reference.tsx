/** The REST API's reference, read from its own document. */
import { useState } from "react";
import { useLive } from "../api/client";
import { Code, input, Loaded, Page, Panel } from "../ui";

type Operation = { summary?: string; description?: string; tags?: string[]; parameters?: Parameter[]; requestBody?: unknown; responses?: unknown };
type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: unknown };
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, unknown> } };

export function Reference() {
  const [search, setSearch] = useState("");
  const found = useLive(["openapi"], async () => (await (await fetch("/api/v1/openapi.json")).json()) as Document, 3600_000);
  return (
    <Page title="REST API" actions={<input aria-label="Search" placeholder="search" className={input} value={search} onChange={(event) => setSearch(event.target.value)} />}>
      <p className="mb-4">
        The document itself is <a className="text-accent underline" href="/api/v1/openapi.json">openapi.json</a>. Send <code>Authorization: Bearer TOKEN</code>.
      </p>
      <Loaded of={found}>
        {(it) => (
          <>
            {Object.entries(it.paths).flatMap(([path, methods]) =>
              Object.entries(methods)
                .filter(([method, operation]) => `${method} ${path} ${operation.description}`.toLowerCase().includes(search.toLowerCase()))
                .map(([method, operation]) => (
                  <Panel key={method + path} title={<code className="break-all">{`${method.toUpperCase()} ${path}`}</code>}>
                    <details>
                      <summary className="cursor-pointer">{operation.description ?? operation.summary}</summary>
                      <ul className="my-2">
                        {(operation.parameters ?? []).map((parameter) => (
                          <li key={parameter.name}>
                            <code>{parameter.name}</code> ({parameter.in}
                            {parameter.required ? ", required" : ""}) {parameter.description}
                          </li>
                        ))}
                      </ul>
                      {operation.requestBody !== undefined && <Code label="Body">{JSON.stringify(resolve(operation.requestBody, it), null, 2)}</Code>}
                      <Code label="Responses">{JSON.stringify(resolve(operation.responses, it), null, 2)}</Code>
                    </details>
                  </Panel>
                )),
            )}
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** References to schemas, replaced by them; a schema within itself stays a name. */
function resolve(value: unknown, document: Document, within: string[] = []): unknown {
  if (Array.isArray(value)) return value.map((each) => resolve(each, document, within));
  if (typeof value !== "object" || value === null) return value;
  const name = (value as { $ref?: string }).$ref?.split("/").at(-1);
  if (name) return within.includes(name) ? name : resolve(document.components.schemas[name], document, [...within, name]);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each, document, within)]));
}
