import { expect, test } from 'vitest'
import type { FoundMemory } from '#contract'
import { tokensOf, withinTokens } from './budget.ts'

const memory = (text: string): FoundMemory => ({
  id: text,
  memory: text,
  score: 1,
  created_at: '2026-05-03T12:00:00Z',
  source: { kind: 'turn', id: 't' },
})
const tokens = (found: readonly FoundMemory[]) =>
  found.reduce((sum, one) => sum + tokensOf(one.memory.slice(0, 500)) + 8, 0)

test('a prompt gets the best memories that fit, whole', () => {
  const found = Array.from({ length: 60 }, (_, at) => memory(`${at} ${'word '.repeat((at * 37) % 90)}`))
  const kept = withinTokens(found, 900)
  expect(tokens(kept)).toBeLessThanOrEqual(900)
  expect(tokens(kept)).toBeGreaterThan(850)
  expect(kept.slice(0, 5)).toEqual(found.slice(0, 5))
  expect(withinTokens(found.slice(0, 3), 900)).toEqual(found.slice(0, 3))
})

test('scripts without spaces cost a token a letter', () => {
  expect(tokensOf('黒い猫がいます')).toBe(7)
  expect(tokensOf('a black cat is here.')).toBe(5)
  expect(withinTokens([memory('猫'.repeat(400)), memory('猫'.repeat(400)), memory('猫')], 900)).toHaveLength(
    3,
  )
  expect(withinTokens([memory('猫'.repeat(460)), memory('猫'.repeat(460)), memory('猫')], 900)).toHaveLength(
    2,
  )
})
