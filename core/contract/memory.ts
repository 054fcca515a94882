import { z } from 'zod'
import { memorySource } from './host.ts'
import { MAX_ID, MAX_TEXT } from './message.ts'

const moment = z.iso
  .datetime({ offset: true })
  .or(z.iso.date())
  .transform((value) => new Date(value).toISOString())

/** A text that a memory had before it was edited. */
const memoryVersion = z.object({
  memory: z.string().min(1).max(MAX_TEXT),
  from: moment,
  until: moment,
})
export type MemoryVersion = z.infer<typeof memoryVersion>

/** A memory with everything that is known about it: one of `GET /api/memories`, and a line of an export. */
export const memoryEntry = z.object({
  id: z.string().min(1).max(MAX_ID),
  memory: z.string().regex(/\S/, 'is empty').max(MAX_TEXT),
  created_at: moment,
  app_id: z.string().max(MAX_ID).default('homeclaw'),
  source: memorySource,
  metadata: z.record(z.string(), z.unknown()).default({}),
  until: moment.optional().describe('Since then it does not hold any more'),
  superseded_by: z.string().max(MAX_ID).optional().describe('The id of the memory that holds instead'),
  history: z.array(memoryVersion).default([]).describe('What it said before it was edited, oldest first'),
})
export type MemoryEntry = z.infer<typeof memoryEntry>

/** Which memories: those for which all that is given is true. */
export const memorySelection = z.object({
  chat: z.string().min(1).max(MAX_ID).optional().describe('Learnt in the chat with this partner'),
  plugin: z.string().min(1).max(MAX_ID).optional().describe('Added by this plugin'),
  from: moment.optional().describe('Learnt then or later'),
  to: moment.optional().describe('Learnt before then'),
})
export type MemorySelection = z.infer<typeof memorySelection>

export const memoryPage = z.object({
  memories: z.array(memoryEntry.extend({ score: z.number().optional().describe('Of a search') })),
  next: z.number().optional().describe('`before` of the next page; missing on the last one'),
})
export type MemoryPage = z.infer<typeof memoryPage>

/** The body of `PATCH /api/memories/{id}`; one of the two. */
export const memoryChanges = z
  .strictObject({
    memory: memoryEntry.shape.memory.optional().describe('The right text; the old one stays in its history'),
    superseded_by: z
      .string()
      .min(1)
      .max(MAX_ID)
      .nullable()
      .optional()
      .describe('The id of the memory that holds instead; null = it holds again'),
  })
  .refine(
    ({ memory, superseded_by }) => (memory === undefined) !== (superseded_by === undefined),
    'give either memory or superseded_by',
  )

const memoryPlace = z.enum(['record', 'full_text', 'vectors', 'write_ahead_log'])

/** What a deletion removed, where, and what it did not touch. */
export const memoriesRemoved = z.object({
  memories: z.number(),
  earlier: z.number().describe('Their earlier texts, and the statements that they had superseded'),
  removed_from: z.array(memoryPlace).describe('Not one byte of them is left there'),
  pending: z.array(memoryPlace).describe('Where the disk refused; the next start does it'),
  messages: z
    .array(z.object({ chat: z.string(), message_id: z.string() }))
    .describe('What they were said in. It stays in its chat: `DELETE /api/chats/{chat}` removes it'),
})
export type MemoriesRemoved = z.infer<typeof memoriesRemoved>

/** The answer of `POST /api/memories/import`. */
export const memoriesImported = z.object({
  added: z.number(),
  known: z.number().describe('Lines whose id was there already; they were left as they are'),
})

/** The answer of `DELETE /api/chats/{partner}`. */
export const chatRemoved = z.object({
  messages: z.number(),
  files: z.number().describe('Attachments that no other message of this person has'),
  forgotten: memoriesRemoved.optional().describe('With `memories=forget`: what was learnt in it'),
})
