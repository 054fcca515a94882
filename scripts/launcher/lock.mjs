import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const TOUCH_MS = 2_000
const STALE_MS = 60_000

/**
 * Holds `folder` as a lock among processes; resolves with the function that releases it.
 * The lock of a process that is gone, or that has not touched it for a minute (its id may belong to another by now), is taken over.
 */
export async function holdLock(folder, { onWait }) {
  const mine = `${folder}.${process.pid}`
  rmSync(mine, { recursive: true, force: true })
  mkdirSync(mine)
  writeFileSync(join(mine, 'pid'), String(process.pid))
  try {
    for (let waited = false; !tryTake(mine, folder); waited = true) {
      if (!waited && ownerOf(folder)) onWait()
      if (!takeAwayStale(folder)) await pause(100)
    }
  } catch (error) {
    rmSync(mine, { recursive: true, force: true })
    throw error
  }
  const timer = setInterval(() => utimesSync(folder, new Date(), new Date()), TOUCH_MS)
  timer.unref()
  const release = () => {
    clearInterval(timer)
    process.off('exit', release)
    rmSync(folder, { recursive: true, force: true })
  }
  process.on('exit', release)
  return release
}

/** A rename onto a folder that is not empty fails: of several, exactly one gets it. */
function tryTake(mine, folder) {
  try {
    renameSync(mine, folder)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(error.code)) return false
    throw error
  }
}

/** The process that holds the lock and when it last touched it; undefined when nobody does. */
function ownerOf(folder) {
  try {
    return { pid: Number(readFileSync(join(folder, 'pid'), 'utf8')), touched: statSync(folder).mtimeMs }
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function takeAwayStale(folder) {
  const owner = ownerOf(folder)
  if (!owner) return false
  if (isAlive(owner.pid) && Date.now() - owner.touched < STALE_MS) return false
  const aside = `${folder}.stale.${process.pid}`
  try {
    renameSync(folder, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return true
    throw error
  }
  // Between the look and the rename another may have taken it over: then it is given back.
  if (ownerOf(aside)?.pid !== owner.pid && tryTake(aside, folder)) return false
  rmSync(aside, { recursive: true, force: true })
  return true
}

function isAlive(pid) {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
