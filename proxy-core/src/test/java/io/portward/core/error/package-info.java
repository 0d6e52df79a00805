@NullUnmarked
package io.portward.core.error;

import org.jspecify.annotations.NullUnmarked;
