import { resolve } from 'node:path'
import { ensureBuilt } from './launcher/built.mjs'
import { createProgress } from './launcher/progress.mjs'

/** Tests of processes run what people run: Core and the page as they are built from the sources of now. */
export default () =>
  ensureBuilt(resolve(import.meta.dirname, '..'), {
    node: process.execPath,
    progress: createProgress(process.stderr),
  })
