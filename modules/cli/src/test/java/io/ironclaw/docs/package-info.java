/** Tests that do what the documents say. */
package io.ironclaw.docs;
