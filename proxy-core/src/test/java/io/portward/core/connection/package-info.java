@NullUnmarked
package io.portward.core.connection;

import org.jspecify.annotations.NullUnmarked;
