import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { normalizeId } from '../core/contract/index.ts'
import { commandOf, readManifest } from '../core/plugins/manifest.ts'
import { pluginFolder } from './plugin-folder.ts'

/** `CORE_API_KEY=… npm run plugin:run <id or folder>`: the plugin in this terminal, on the Node that Core runs on. */
const [name] = process.argv.slice(2)
if (name === undefined) {
  console.error('Which plugin? CORE_API_KEY=<token> npm run plugin:run <id or folder>')
  process.exit(64)
}
try {
  process.exit(await runHere(pluginFolder(name)))
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}

/** Its exit code. A signal to us is one to it; when the launcher is killed, it ends too. */
async function runHere(folder: string): Promise<number> {
  const { env: own } = process
  const manifest = readManifest(folder, normalizeId(basename(folder)))
  const [program, ...args] = commandOf(manifest, {
    folder,
    execPath: process.execPath,
    path: own['PATH'] ?? '',
  })
  const child = spawn(program, args, {
    cwd: folder,
    stdio: 'inherit',
    env: { ...manifest.env, PORT: String(manifest.port), ...own },
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  process.on('disconnect', () => child.kill('SIGTERM'))
  const [code] = await once(child, 'exit')
  return code ?? 1
}
