import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Environment, fromEnvironment } from './environment.ts'
import { PluginError } from './errors.ts'
import type { Plugin } from './plugin.ts'
import { servePlugin } from './serve.ts'

/** After this its start is over, in ms. */
const STARTED = 2_000

/**
 * The whole life of a plugin's process: starts it, ends it on SIGTERM and SIGINT, when the launcher that started it
 * is gone, and, when Core started it, as soon as stdin ends (Core has gone). What cannot start says why and exits with 1, or 78 when its configuration is at fault.
 * @param defaults the port when PORT is not set
 */
export async function runPlugin(
  variables: Readonly<Record<string, string | undefined>>,
  defaults: { port: number },
  make: Plugin | ((environment: Environment) => Plugin | Promise<Plugin>),
): Promise<void> {
  try {
    const environment = fromEnvironment(variables)
    const plugin = typeof make === 'function' ? await make(environment) : make
    const serving = await servePlugin(plugin, {
      port: environment.port ?? defaults.port,
      core: environment.core,
      supervised: environment.supervised,
    })
    endWith(environment, () => serving.stop())
    setTimeout(giveBackMemory, STARTED).unref()
  } catch (error) {
    if (!(error instanceof PluginError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(error.code === 'config_invalid' ? 78 : 1)
  }
}

/** What only the start needed is a sixth of the memory of a plugin that waits (measured). */
function giveBackMemory(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')({ type: 'major', flavor: 'last-resort' })
}

function endWith({ supervised }: Environment, stop: () => Promise<void>): void {
  const end = async (): Promise<void> => {
    await stop()
    process.exit(0)
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  process.on('disconnect', end)
  if (!supervised) return
  process.stdin.on('end', end)
  process.stdin.on('error', end)
  process.stdin.resume()
}
