select
    parution_id,
    (arrete_le at time zone 'Europe/Paris')::date as connu_le,
    publiee_le,
    recepisses,
    version_code,
    donnees_fictives
from marts.parution
