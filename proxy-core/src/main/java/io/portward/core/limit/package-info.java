/** How many connections and requests one client address may have; knows no protocol. */
@NullMarked
package io.portward.core.limit;

import org.jspecify.annotations.NullMarked;
