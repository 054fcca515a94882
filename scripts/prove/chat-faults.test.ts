import { describe, expect, it } from 'vitest'
import { findChatFaults } from './chat-faults.ts'

const acknowledged = [
  { text: 'one', reply: 'echo: one' },
  { text: 'two', reply: 'echo: two' },
]
const stored = acknowledged.flatMap(
  ({ text, reply }) =>
    [
      { role: 'user', text },
      { role: 'assistant', text: reply },
    ] as const,
)

describe('what the proof of kills looks for', () => {
  it('is nothing when every message is there once, with its reply, in order', () => {
    expect(findChatFaults(acknowledged, stored)).toEqual([])
  })

  it.each([
    ['a lost message', stored.slice(0, 2), 'lost: two'],
    ['a message stored twice', [...stored, ...stored.slice(2)], 'stored 2 times: two'],
    ['a missing reply', stored.toSpliced(1, 1), 'message 1 is “user: two”, not “assistant: echo: one”'],
    [
      'a second reply',
      stored.toSpliced(1, 0, ...stored.slice(1, 2)),
      'message 2 is “assistant: echo: one”, not “user: two”',
    ],
    ['another reply', stored.toSpliced(1, 1, ...stored.slice(3)), 'message 1 is “assistant: echo: two”'],
    ['another order', [...stored.slice(2), ...stored.slice(0, 2)], 'message 0 is “user: two”'],
    [
      'a message of nobody',
      [...stored, { role: 'user', text: 'three' } as const],
      'never acknowledged: user: three',
    ],
  ])('is %s', (_, chat, fault) => {
    expect(findChatFaults(acknowledged, chat)[0]).toContain(fault)
  })
})
