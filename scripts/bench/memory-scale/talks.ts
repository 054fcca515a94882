import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figure } from '../bench.ts'
import { type Conversation, readConversations } from '../locomo.ts'
import { cpu, openScene, quantile, type Scene, textEmbedder, timed } from './scene.ts'

const LIMIT = 10

/** The questions of a LoCoMo file, each in its own conversation, and in all of them together; without the embedding. */
export async function benchTalks(home: string, file: string): Promise<Figure[]> {
  const talks = readConversations(JSON.parse(readFileSync(file, 'utf8')))
  const all: Conversation = {
    name: 'all',
    turns: talks.flatMap(({ name, turns }) =>
      turns.map((turn) => ({ ...turn, session: `${name} ${turn.session}` })),
    ),
    questions: talks.flatMap(({ questions }) => questions),
  }
  const alone = await askAll(join(home, 'alone'), talks)
  const together = await askAll(join(home, 'together'), [all])
  const most = Math.max(...talks.map(({ turns }) => turns.length))
  return [
    ...figures(`conversations of up to ${most} turns`, alone),
    ...figures(`${all.turns.length} turns`, together),
  ]
}

async function askAll(home: string, talks: readonly Conversation[]) {
  const embedder = textEmbedder()
  const scene = openScene(home, embedder)
  const waits: number[] = []
  const spent: number[] = []
  for (const talk of talks) {
    await addAll(scene, talk)
    const texts = talk.questions.map(({ text }) => text)
    await embedder.embed(texts)
    const search = (text: string) => scene.memory.search({ namespace: talk.name, text, limit: LIMIT })
    for (const text of texts.slice(0, LIMIT)) await search(text)
    for (const text of texts) {
      const before = cpu()
      waits.push(await timed(() => search(text)))
      spent.push(cpu() - before)
    }
  }
  await scene.close()
  return { waits, spent }
}

async function addAll({ memory }: Scene, { name, turns }: Conversation): Promise<void> {
  await Promise.all(
    turns.map(({ text, ...metadata }) =>
      memory.add({ namespace: name, text, metadata, source: { kind: 'plugin', id: 'bench' } }),
    ),
  )
  await memory.indexed()
}

function figures(where: string, { waits, spent }: Record<'waits' | 'spent', readonly number[]>): Figure[] {
  const [half, most] = [quantile(spent, 0.5), quantile(spent, 0.99)]
  const detail = `${waits.length} questions; CPU of one: p50 ${half.toFixed(1)}, p99 ${most.toFixed(1)} ms`
  return [
    { name: `search in ${where}, p50`, value: quantile(waits, 0.5), unit: 'ms', limit: { most: 10 } },
    {
      name: `search in ${where}, p99`,
      value: quantile(waits, 0.99),
      unit: 'ms',
      limit: { most: 10 },
      detail,
    },
  ]
}
