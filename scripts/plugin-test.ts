import { parseArgs } from 'node:util'
import { inWords, type Target, testPlugin } from '../external_plugins/sdk/testing/conformance/index.ts'
import { pluginFolder } from './plugin-folder.ts'

/** `npm run plugin:test <id, folder or address> [-- --json --token T --capability C]`: 0 when the contract is kept. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, token: { type: 'string' }, capability: { type: 'string' } },
})

function targetOf(name: string): Target {
  if (/^https?:\/\//.test(name)) {
    const { token, capability } = values
    return { url: name, ...(token && { token }), ...(capability && { capability }) }
  }
  return { folder: pluginFolder(name) }
}

const [name] = positionals
if (name === undefined) {
  console.error('Which plugin? npm run plugin:test <id, folder or address> [-- --json]')
  process.exit(64)
}
try {
  const report = await testPlugin(targetOf(name))
  console.log(values.json ? JSON.stringify(report, null, 2) : inWords(report))
  process.exitCode = report.held ? 0 : 1
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
