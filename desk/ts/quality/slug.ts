// SPDX-License-Identifier: GPL-3.0-or-later
// An article's id from its title. Pure.

/** "Lupa EFIN, cara minta" -> "lupa-efin-cara-minta" */
export function slug(title: string): string {
  const plain = title.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80).replace(/-+$/, "");
}
