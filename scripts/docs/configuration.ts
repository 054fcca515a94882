import type { z } from 'zod'
import { coreConfig, usersConfig } from '../../core/config/schema.ts'
import { code, type Field, fieldsOf, schemaOf, table, typeName } from './fields.ts'

export const EXAMPLE_CORE = `host: 0.0.0.0
allowed_hosts: [home.example.org]
auth_api_key: \${HOMECLAW_API_KEY:-}
model:
  - { name: llama3.2, base_url: "http://127.0.0.1:11434/v1" }
  - { name: gpt-4o-mini, base_url: "https://api.openai.com/v1", api_key: "\${OPENAI_API_KEY}" }
companions:
  - { id: friend, keyword: Veda }
  - { id: coach, plugin_id: coach, session_id_value: coach, keyword: Max, channels: ["telegram:99"] }
plugins:
  friends: { memory: [own], model: true }
  coach: { memory: [own], model: true }
  weather: { start: false }
`

export const EXAMPLE_USERS = `users:
  - id: me
    name: Me
  - id: maya
    name: Maya
    im: ["telegram:123456", "whatsapp:+15550100"]
    email: [maya@example.org]
    phone: ["+15550100"]
    permissions: [IM, EMAIL]
    keywords: { friend: Luna }
`

/** docs/configuration.md */
export const configurationPage =
  (): string => `<!-- Made by scripts/docs.ts from core/config/schema.ts. Do not edit. -->

# Configuration

Two files in \`config/\` of the home folder: \`core.yml\` and \`user.yml\`. Both have defaults that work.
Core reads them at the start and again when they are saved. A key marked *restart* takes effect at the next start;
the log says so when it changes. All others take effect at once.

A file with faults is never used in part. At the start Core prints all faults of both files, each with its file, line
and the nearest known key, and ends with exit code 78. While it runs it keeps the last good configuration and logs the
faults; a file that has become empty counts as one, because a save may empty it for a moment.

\`\`\`
config/core.yml:12  companions.0.keywrd: unknown key. Did you mean "keyword"?
\`\`\`

\`\${NAME}\` in a text is filled in from the environment; a name that is not set is a fault. \`\${NAME:-default}\` takes
the default when the name is not set or empty, \`\${NAME:-}\` nothing. A key with nothing behind it is as if it were not
there. YAML anchors, aliases and tags are not possible.

## Environment

${table(
  ['name', 'default', 'what it does'],
  [
    [
      '`HOMECLAW_HOME`',
      'the clone',
      'The folder with `config/`, `database/` and `workspace/`. An empty one is filled with the defaults.',
    ],
    [
      '`HOMECLAW_PORT`',
      '`port` of core.yml',
      'The port to listen on; `0` = any free one. Goes before core.yml.',
    ],
    ['`HOMECLAW_API_KEY`', '`auth_api_key` of core.yml', 'The owner key. Goes before core.yml.'],
  ],
)}

## config/core.yml

${keys(coreConfig)}

\`\`\`yaml
${EXAMPLE_CORE}\`\`\`

Faults beside those of single keys: two companions with one id; two enabled companions with the same signal
(\`session_id_value\`), keyword or channel; a \`plugin_id\` that does not stand under \`plugins\`; a \`host\` beyond this
machine without \`auth_enabled\`.

## config/user.yml

${keys(usersConfig)}

\`\`\`yaml
${EXAMPLE_USERS}\`\`\`

An identity is written \`<channel>:<sender id>\`; \`<channel>_<sender id>\` is understood as well, and so is the bare
sender id when it comes through that channel. Faults beside those of single keys: two users with one id; two users with
the same identity, address or number; an identity that could be taken for the id of another user; a keyword for a
companion that is not there, or one that is another companion's.

\`GET\`, \`POST\`, \`PATCH\` and \`DELETE /api/config/users\` change this file and keep its comments and every line that
they do not touch.
`

function keys(schema: z.ZodType): string {
  const fields = fieldsOf(schemaOf(schema), '', true).filter(({ path }) => !path.startsWith('companion.'))
  const rows = fields.map((field) => [
    `\`${field.path}\``,
    typeName(field.schema),
    defaultOf(field),
    isForRestart(field) ? 'restart' : 'at once',
    (field.schema.description ?? '').replace(' (restart)', ''),
  ])
  return table(['key', 'type', 'default', 'takes effect', 'what it does'], rows)
}

export const isForRestart = ({ schema }: Field): boolean => schema.description?.includes('(restart)') ?? false

function defaultOf({ schema, needed }: Field): string {
  if (schema.default !== undefined) return code(schema.default)
  return needed ? '*needed*' : 'none'
}
