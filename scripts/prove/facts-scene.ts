import { join } from 'node:path'
import { openDatabase } from '../../core/database.ts'
import { createFacts } from '../../core/facts/create.ts'
import { factMigrations } from '../../core/facts/queue.ts'
import { createLog } from '../../core/log.ts'
import { createMemory, memoryMigrations } from '../../core/memory/index.ts'
import { createModels } from '../../core/model/models.ts'

const prompt = (): string => 'Take the facts of {{person}}.'

/** A memory with the extraction of facts, which asks as soon as it can. */
export function openFacts(home: string, modelUrl: string) {
  const log = createLog('silent')
  const database = openDatabase(join(home, 'core.db'), [...memoryMigrations, ...factMigrations])
  const memory = createMemory({ database, folder: join(home, 'lancedb'), log, patience: 50 })
  const models = createModels({ config: () => ({ name: 'scripted', base_url: modelUrl }), log })
  const facts = createFacts({ database, memory, models, prompt, log, quiet: 5, retry: 5 })
  return {
    database,
    memory,
    facts,
    async close() {
      await facts.close()
      await models.close()
      await memory.close()
      database.close()
    },
  }
}
