select btrim(regexp_replace({{ function('normaliser') }}(texte), '[^a-z0-9]+', ' ', 'g'))
