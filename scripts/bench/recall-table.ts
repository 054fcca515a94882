import { tokensOf } from '../../core/memory/budget.ts'
import type { Answered } from './recall.ts'

/** The usual figure leaves out the questions that have no answer. */
const COUNTED = ['multi-hop', 'temporal', 'open-domain', 'single-hop']
const RETURNED = 10

/** One line for each category, and what a search costs, in ms and in tokens for a model. */
export function recallTable(answers: readonly Answered[]): string {
  const groups = Map.groupBy(answers, ({ category }) => category)
  const counted = answers.filter(({ category }) => COUNTED.includes(category))
  const lines = [...groups, ['1–4 together', counted] as const].map(([name, some]) => line(name, some))
  const tokens = counted.map(({ found }) => found.slice(0, RETURNED)).map(tokensIn)
  const ms = answers.map((answer) => answer.ms).toSorted((a, b) => a - b)
  return [
    `${'questions'.padEnd(20)}      n    R@5   R@10   R@20   session hit@5    @10`,
    ...lines,
    `${mean(tokens).toFixed(0)} tokens in the ${RETURNED} best, ${at(ms, 0.5)} ms p50, ${at(ms, 0.99)} ms p99 over HTTP with the embedding`,
  ].join('\n')
}

function line(name: string, answers: readonly Answered[]): string {
  const recall = (most: number): number =>
    mean(answers.map(({ places, wanted }) => places.filter((place) => place < most).length / wanted))
  const hit = (most: number): number =>
    mean(answers.map(({ session }) => (session >= 0 && session < most ? 1 : 0)))
  return [
    name.padEnd(20),
    String(answers.length).padStart(7),
    percent(recall(5), 7),
    percent(recall(10), 7),
    percent(recall(20), 7),
    percent(hit(5), 16),
    percent(hit(10), 7),
  ].join('')
}

const percent = (share: number, width: number): string => (share * 100).toFixed(1).padStart(width)

const tokensIn = (found: Answered['found']): number =>
  found.reduce((sum, { memory }) => sum + tokensOf(memory), 0)

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / Math.max(numbers.length, 1)

const at = (sorted: readonly number[], part: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1)
