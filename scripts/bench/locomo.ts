import { z } from 'zod'

/** One turn of a conversation. */
export interface Turn {
  /** Its name in the file. */
  readonly name: string
  readonly session: string
  readonly seq: number
  readonly speaker: string
  readonly said_at: string
  readonly text: string
}

export interface Asked {
  readonly text: string
  readonly category: string
  /** The turns that hold the answer. */
  readonly evidence: readonly string[]
}

export interface Conversation {
  readonly name: string
  readonly turns: readonly Turn[]
  readonly questions: readonly Asked[]
}

const CATEGORIES = ['', 'multi-hop', 'temporal', 'open-domain', 'single-hop', 'adversarial']

const session = z.array(z.object({ speaker: z.string(), dia_id: z.string(), text: z.string() }))
const sample = z.object({
  sample_id: z.string(),
  qa: z.array(z.object({ question: z.string(), evidence: z.array(z.string()), category: z.number() })),
  conversation: z.record(z.string(), z.unknown()),
})

/** Reads a file of the LoCoMo benchmark (snap-research/LoCoMo). Questions without any evidence that it holds are left out. */
export function readConversations(content: unknown): Conversation[] {
  return z
    .array(sample)
    .parse(content)
    .map(({ sample_id, qa, conversation }) => {
      const turns = turnsOf(conversation)
      const known = new Set(turns.map(({ name }) => name))
      const questions = qa.map(({ question, evidence, category }) => ({
        text: question,
        category: CATEGORIES[category] ?? String(category),
        evidence: [...new Set(evidence.flatMap(namesIn))].filter((name) => known.has(name)),
      }))
      return {
        name: sample_id,
        turns,
        questions: questions.filter(({ evidence }) => evidence.length > 0),
      }
    })
}

function turnsOf(conversation: Record<string, unknown>): Turn[] {
  return Object.entries(conversation).flatMap(([name, content]) => {
    if (!/^session_\d+$/.test(name)) return []
    const said_at = z.string().parse(conversation[`${name}_date_time`])
    return session.parse(content).map(({ speaker, dia_id, text }, at) => ({
      name: dia_id,
      session: name,
      seq: at + 1,
      speaker,
      said_at,
      text,
    }))
  })
}

/** Some evidence of the published file names several turns at once, or is misspelt: "D8:6; D9:17", "D:11:26". */
const namesIn = (evidence: string): string[] =>
  evidence.split(/[;,\s]+/).map((name) => name.replace(/^D:(?=\d)/, 'D'))
