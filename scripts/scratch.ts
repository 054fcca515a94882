import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One folder for everything that a test run, and the programs it starts, write for a while; gone at its end. */
export default function makeScratch(): () => void {
  const scratch = mkdtempSync(join(tmpdir(), 'homeclaw-tests-'))
  process.env['TMPDIR'] = scratch
  return () => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
}
