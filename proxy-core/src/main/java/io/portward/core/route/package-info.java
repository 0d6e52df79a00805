/** Which request goes to which backend: an immutable table and a pure function, without channels. */
@NullMarked
package io.portward.core.route;

import org.jspecify.annotations.NullMarked;
