import { describe, expect, it } from 'vitest'
import { createGate } from './gate.ts'

describe('gate', () => {
  it('lets many in together, one alone, first come first served', async () => {
    const gate = createGate()
    const seen: string[] = []
    const open = Promise.withResolvers<void>()
    const job = (name: string) => async () => {
      seen.push(`${name} in`)
      await open.promise
      seen.push(`${name} out`)
    }
    const all = [
      gate.together(job('a')),
      gate.together(job('b')),
      gate.alone(job('c')),
      gate.together(job('d')),
    ]
    await Promise.resolve()
    expect(seen).toEqual(['a in', 'b in'])
    open.resolve()
    await Promise.all(all)
    expect(seen).toEqual(['a in', 'b in', 'a out', 'b out', 'c in', 'c out', 'd in', 'd out'])
  })

  it('goes on after a failure', async () => {
    const gate = createGate()
    await expect(gate.alone(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(gate.together(async () => 1)).resolves.toBe(1)
  })
})
