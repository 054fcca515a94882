/**
 * The process of the index: LanceDB with all its tables, `child.ts <folder>`. Ends when Core goes.
 * @module
 */
import { mkdirSync, rmSync } from 'node:fs'
import { connect, type Connection } from '@lancedb/lancedb'
import { lockFile } from '../../lock.ts'
import type { Answer, Call, PackedRows, Request, Value } from './calls.ts'
import { createLanceTable, type LanceTable } from './table.ts'

/** How long the process of a Core that was killed may take to end, in ms. */
const PREDECESSOR = 30_000

const [folder = ''] = process.argv.slice(2)
/** Where LanceDB sorts and spills: beside the index, because what a process that was killed leaves there is private. */
const scratch = `${folder}.tmp`
const dropScratch = (): void => rmSync(scratch, { recursive: true, force: true })
const say = (answer: Answer): void => void process.send?.(answer)

process.on('disconnect', () => {
  dropScratch()
  process.exit()
})
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on('SIGINT', () => undefined)

lockFile(`${folder}.lock`, PREDECESSOR)
dropScratch()
mkdirSync(scratch)
// oxlint-disable-next-line node/no-process-env -- LanceDB has no other setting for it
process.env['TMPDIR'] = scratch

const tables = new Map<string, LanceTable>()
let connecting: Promise<Connection> | undefined

function tableOf(name: string): LanceTable {
  const known = tables.get(name)
  if (known) return known
  const table = createLanceTable({
    folder,
    name,
    connect: () => (connecting ??= connect(folder)),
    onMergeFailed: (err) => say({ warning: `${name}: ${String(err)}` }),
  })
  tables.set(name, table)
  return table
}

async function rest(): Promise<void> {
  for (const each of tables.values()) await each.close()
}

async function answer(table: LanceTable, call: Call, onPart: (part: PackedRows) => void): Promise<Value> {
  switch (call.do) {
    case 'open':
      return table.open()
    case 'read':
      await table.read((part) => onPart(call.vectors ? part : { ...part, vectors: new Float32Array() }))
      return
    case 'append':
      return table.append(call.rows) as Promise<undefined>
    case 'search':
      return table.search(call.vector, call.options)
    case 'remove':
      return table.remove(call.memories)
    case 'setAside':
      return table.setAside() as Promise<undefined>
    case 'drop':
      return table.drop() as Promise<undefined>
    case 'rest':
      return rest() as Promise<undefined>
  }
}

process.on('message', async ({ id, table, call }: Request) => {
  try {
    say({ id, value: await answer(tableOf(table), call, (part) => say({ id, part })) })
  } catch (error) {
    say({ id, error: String(error) })
  }
})
