/**
 * Event loops, the choice of native transport, socket options and binding.
 *
 * <p>Knows no protocol. {@link io.portward.core.transport.Transport} is the entry.
 */
@NullMarked
package io.portward.core.transport;

import org.jspecify.annotations.NullMarked;
