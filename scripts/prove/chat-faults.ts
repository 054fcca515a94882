export interface Acknowledged {
  readonly text: string
  readonly reply: string
}

interface Stored {
  readonly role: 'user' | 'assistant'
  readonly text: string
}

/** What is wrong with a stored chat, when this was acknowledged to the one person who wrote in it, in this order. */
export function findChatFaults(acknowledged: readonly Acknowledged[], stored: readonly Stored[]): string[] {
  const said = count(stored, 'user')
  const once = acknowledged.flatMap(({ text }) => {
    const times = said.get(text) ?? 0
    if (times === 0) return [`lost: ${text}`]
    return times > 1 ? [`stored ${times} times: ${text}`] : []
  })
  if (once.length > 0) return once

  const expected = acknowledged.flatMap(({ text, reply }) => [`user: ${text}`, `assistant: ${reply}`])
  const found = stored.map(({ role, text }) => `${role}: ${text}`)
  const at = expected.findIndex((line, index) => found[index] !== line)
  if (at >= 0) return [`message ${at} is “${found[at] ?? 'missing'}”, not “${expected[at]}”`]
  return found.slice(expected.length).map((line) => `stored, but never acknowledged: ${line}`)
}

function count(stored: readonly Stored[], role: Stored['role']): Map<string, number> {
  const counts = new Map<string, number>()
  for (const message of stored) {
    if (message.role === role) counts.set(message.text, (counts.get(message.text) ?? 0) + 1)
  }
  return counts
}
