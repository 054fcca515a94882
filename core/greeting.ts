import type { CompanionEntry } from '#contract'
import type { Models } from './model/model.ts'

export interface Greeting {
  readonly url: string
  readonly ownerKey: string
  readonly authEnabled: boolean
  readonly companions: readonly CompanionEntry[]
  readonly model: ReturnType<Models['status']>
}

/** What a person reads after `npm start`: where to go, what is connected, what to do next. */
export function greeting({ url, ownerKey, authEnabled, companions, model }: Greeting): string {
  const page = authEnabled ? `${url}/#key=${ownerKey}` : url
  const friends = companions.map(
    ({ name, state }) => `${name} (${state === 'ready' ? 'online' : `${state} now`})`,
  )
  return [
    '',
    '  HomeClaw is running.',
    '',
    `  Open     ${page}`,
    ...(authEnabled ? ['           This link logs your browser in. Keep it to yourself.'] : []),
    `  Friends  ${['System', ...friends].join(', ')}`,
    `  Model    ${modelText(model)}`,
    '',
    '  Next     Say something on the page. People and friends are in config/user.yml and config/core.yml.',
    '           Ctrl-C stops everything.',
    '',
  ].join('\n')
}

const modelText = ({ kind, name }: Greeting['model']): string =>
  kind === 'builtin'
    ? 'none yet: the builtin responder answers. Start Ollama, or name an endpoint in config/core.yml'
    : `${name}${kind === 'found' ? ', found on this machine' : ''}`
