/**
 * A lockfile names the packages of every platform, of which npm installs only those for this one. Where a registry
 * does not have a package of another platform, npm leaves it out, and a later `npm ci` refuses the lockfile. This
 * finds such gaps and fills them: version, operating system, processor and C library are all in the name.
 */

/** @typedef {Record<string, unknown> & { version: string, optionalDependencies?: Record<string, string> }} Package */
/** @typedef {{ packages: Record<string, Package> }} Lockfile */

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'openharmony', 'win32'];

/**
 * @param {Lockfile} lockfile
 * @returns {{ name: string, version: string, dev: boolean }[]} optional packages that are asked for but not there
 */
export function gaps({ packages }) {
  const there = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')));
  return Object.values(packages).flatMap(({ optionalDependencies = {}, dev }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !there.has(name))
      .map(([name, version]) => ({ name, version, dev: dev === true })),
  );
}

/**
 * @param {Lockfile} lockfile
 * @returns {Lockfile}
 */
export function filled(lockfile) {
  const added = gaps(lockfile).map(({ name, version, dev }) => {
    const system = systems.find((one) => name.includes(`-${one}-`));
    const [cpu, variant = ''] = system ? (name.split(`-${system}-`)[1] ?? '').split('-') : [];
    if (!system || !cpu) throw new Error(`"${name}" does not say which platform it is for.`);
    const libc = system === 'linux' && /^(?:gnu|musl)$/.test(variant) ? variant : null;
    return [
      `node_modules/${name}`,
      {
        version,
        cpu: [cpu],
        ...(dev ? { dev } : {}),
        ...(libc === null ? {} : { libc: [libc === 'gnu' ? 'glibc' : libc] }),
        optional: true,
        os: [system],
      },
    ];
  });
  const packages = Object.fromEntries(
    [...Object.entries(lockfile.packages), ...added].sort(([a], [b]) =>
      String(a).localeCompare(String(b), 'en'),
    ),
  );
  return { ...lockfile, packages };
}
