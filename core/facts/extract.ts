import { z } from 'zod'
import { COMPANION_USER, type MemoryEntry, type ModelMessage, ownWords } from '#contract'
import { generate, type Model, ModelError } from '../model/model.ts'
import { contentWords, coverage } from '../model/words.ts'

/** A fact of one statement. */
export interface Fact {
  readonly text: string
  /** The memory that does not hold any more because of it. */
  readonly replaces: string | undefined
}

/** What a model found in one statement. */
export interface Found {
  readonly statement: MemoryEntry
  /** All that it says is in the facts, or known already, or not worth keeping. */
  readonly done: boolean
  readonly facts: readonly Fact[]
}

const MAX_STATEMENT = 4_000
const MAX_KNOWN = 300
const MAX_FACTS = 12
/** How much of a quote has to be in the statement when it is not there to the letter. */
const QUOTED = 0.8

const answer = z.object({
  messages: z.array(
    z.object({
      number: z.number().int(),
      worth: z.boolean().catch(true),
      facts: z.array(
        z.object({
          text: z.string().trim().min(1).max(1_000),
          quote: z.string(),
          replaces: z.number().int().nullable().catch(null),
        }),
      ),
    }),
  ),
})

const { $schema: _, ...schema } = z.toJSONSchema(answer, { io: 'input' })
const format = { type: 'json_schema', json_schema: { name: 'facts', schema } } as const

/**
 * Asks the model for the facts of some statements of one person. A fact without a quote from its statement, or of what is
 * already known to the letter, is left out.
 * @param known memories that may be repeated or replaced
 * @throws ModelError
 */
export async function extractFacts(
  model: Model,
  {
    prompt,
    statements,
    known,
  }: { prompt: string; statements: readonly MemoryEntry[]; known: readonly MemoryEntry[] },
  signal: AbortSignal,
): Promise<Found[]> {
  const { text } = await generate(model, messagesFor(prompt, statements, known), { format, signal })
  const said = answer.safeParse(parsed(text))
  if (!said.success) throw new ModelError('bad_answer', `"${model.name}" gave no facts`)
  const repeated = new Set(known.map(({ memory }) => lettersOnly(memory)))
  return statements.map((statement, at) => {
    const found = said.data.messages.find(({ number }) => number === at + 1)
    const facts = (found?.facts ?? []).filter(({ quote }) => isIn(quote, statement)).slice(0, MAX_FACTS)
    return {
      statement,
      done: facts.length > 0 || found?.worth === false,
      facts: facts
        .filter(({ text }) => !repeated.has(lettersOnly(text)))
        .map(({ text, replaces }) => ({
          text,
          replaces: replaces === null ? undefined : known[replaces - 1]?.id,
        })),
    }
  })
}

function messagesFor(
  prompt: string,
  statements: readonly MemoryEntry[],
  known: readonly MemoryEntry[],
): ModelMessage[] {
  const { speaker = COMPANION_USER } = statements[0]?.source ?? {}
  const person = speaker === COMPANION_USER ? 'the person' : speaker
  const facts = known.map(
    ({ memory, created_at }, at) => `${at + 1}. (${day(created_at)}) ${data(memory, MAX_KNOWN)}`,
  )
  const said = statements.map(
    ({ memory, created_at }, at) => `[${at + 1}] ${day(created_at)}: ${data(memory, MAX_STATEMENT)}`,
  )
  const content = [
    ...(facts.length > 0 ? ['Known facts:', ...facts, ''] : []),
    '<messages>',
    ...said,
    '</messages>',
  ].join('\n')
  return [
    { role: 'system', content: prompt.replaceAll('{{person}}', data(person, MAX_KNOWN)) },
    { role: 'user', content },
  ]
}

/** One line that cannot end the marks around it. */
const data = (text: string, most: number): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/<(?=\/?messages)/gi, '‹')
    .trim()
    .slice(0, most)
    .toWellFormed()

const day = (iso: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' }).format(new Date(iso))

function isIn(quote: string, { memory }: MemoryEntry): boolean {
  const letters = lettersOnly(quote)
  const own = ownWords(memory)
  return (
    letters !== '' && (lettersOnly(own).includes(letters) || coverage(contentWords(quote), own) >= QUOTED)
  )
}

const lettersOnly = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
