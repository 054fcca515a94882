import { z } from 'zod'
import { type Character, characters, languages, lengths, type ResponseLength } from './personas.ts'

const keysOf = <Key extends string>(table: Readonly<Record<Key, unknown>>): Key[] =>
  Object.keys(table) as Key[]

const timeOfDay = z.string().regex(/^(?:([01]\d|2[0-3]):[0-5]\d)?$/, 'must be like 08:00, or empty for never')

/** The five settings of a persona (seed 002 §10), and when it says good morning and good night. */
export const personaShape = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'must be one line'),
  character: z.enum(keysOf<Character>(characters)),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|\d{3}))?$/i, 'must be a language code, e.g. en or pt-BR'),
  response_length: z.enum(keysOf<ResponseLength>(lengths)),
  idle_days_before_nudge: z.number().int().min(0).max(365),
  good_morning: timeOfDay,
  good_night: timeOfDay,
}

/** What may be set: any part of a persona. */
export const personaPart = z.strictObject({
  name: personaShape.name.exactOptional(),
  character: personaShape.character.exactOptional(),
  language: personaShape.language.exactOptional(),
  response_length: personaShape.response_length.exactOptional(),
  idle_days_before_nudge: personaShape.idle_days_before_nudge.exactOptional(),
  good_morning: personaShape.good_morning.exactOptional(),
  good_night: personaShape.good_night.exactOptional(),
})
export type PersonaPart = z.infer<typeof personaPart>

const persona = z.strictObject(personaShape)
export type Persona = z.infer<typeof persona>

/** The companion whose id Core uses when there is only one (seed 002: `friend`). */
export const DEFAULT_COMPANION = 'friend'

export const DEFAULTS: Persona = {
  name: 'Veda',
  character: 'friend',
  language: 'en',
  response_length: 'medium',
  idle_days_before_nudge: 0,
  good_morning: '',
  good_night: '',
}

/** `my_aunt` → `My Aunt`: the name of a companion that nobody has named. */
export const titleOf = (id: string): string =>
  id
    .split(/[_\s-]+/)
    .filter(Boolean)
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join(' ')

/** The English name of a language, as the prompt says it. */
export function languageName(code: string): string {
  const known = languages[code.toLowerCase()]
  return known ?? new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code
}
