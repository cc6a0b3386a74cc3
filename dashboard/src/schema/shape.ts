/** What a JSON schema asks for, as far as a form can ask for it; the rest is typed as JSON. */
export type JsonSchema = {
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  definitions?: Record<string, JsonSchema>;
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  additionalProperties?: boolean | JsonSchema;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
};
export type Kind = "text" | "long" | "time" | "date" | "number" | "integer" | "boolean" | "choice" | "list" | "object" | "json";

/** A schema with its references followed, and without the `null` that makes it optional. */
export function resolved(schema: JsonSchema, root: JsonSchema, depth = 0): { schema: JsonSchema; nullable: boolean } {
  if (depth > 20) return { schema: {}, nullable: false };
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    const found = root.$defs?.[name] ?? root.definitions?.[name] ?? {};
    const { $ref, ...own } = schema;
    const inner = resolved(found, root, depth + 1);
    return { schema: { ...inner.schema, ...own }, nullable: inner.nullable };
  }
  const [only] = schema.allOf ?? [];
  if (only && schema.allOf?.length === 1) {
    const { allOf, ...own } = schema;
    const inner = resolved(only, root, depth + 1);
    return { schema: { ...inner.schema, ...own }, nullable: inner.nullable };
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    const rest = choices.filter((each) => each.type !== "null");
    const [first] = rest;
    if (first && rest.length === 1) {
      const { anyOf, oneOf, ...own } = schema;
      return { schema: { ...resolved(first, root, depth + 1).schema, ...own }, nullable: rest.length < choices.length };
    }
    return { schema, nullable: rest.length < choices.length };
  }
  if (Array.isArray(schema.type)) {
    const rest = schema.type.filter((each) => each !== "null");
    return { schema: { ...schema, type: rest.length === 1 ? rest[0] : rest }, nullable: rest.length < schema.type.length };
  }
  return { schema, nullable: false };
}

export function kindOf(schema: JsonSchema): Kind {
  if (schema.enum?.every((each) => ["string", "number"].includes(typeof each))) return "choice";
  if (schema.const !== undefined) return "choice";
  if (schema.type === "string") {
    if (schema.format === "date-time") return "time";
    if (schema.format === "date") return "date";
    return (schema.maxLength ?? 0) > 200 || schema.format === "textarea" ? "long" : "text";
  }
  if (schema.type === "number" || schema.type === "integer" || schema.type === "boolean") return schema.type;
  if (schema.type === "array" && schema.items) return "list";
  if (schema.type === "object" && schema.properties) return "object";
  return "json";
}

/** What a new value begins with. */
export function initial(schema: JsonSchema, root: JsonSchema, required = true, depth = 0): unknown {
  const found = resolved(schema, root);
  const it = found.schema;
  if (it.default !== undefined) return it.default ?? undefined;
  if (it.const !== undefined) return it.const;
  if (!required || found.nullable || depth > 5) return undefined;
  const kind = kindOf(it);
  if (kind === "object") {
    const entries = Object.entries(it.properties ?? {}).map(([name, part]) => [name, initial(part, root, it.required?.includes(name) ?? false, depth + 1)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  if (kind === "boolean") return false;
  if (kind === "list") return [];
  return undefined;
}

/** Whether there is anything to ask for by fields. */
export const hasFields = (schema: unknown): schema is JsonSchema =>
  typeof schema === "object" && schema !== null && Object.keys((schema as JsonSchema).properties ?? {}).length > 0;
