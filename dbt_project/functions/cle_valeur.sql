with

saisie as (
    select
        texte as t,
        case when type in ('entier', 'montant', 'decimal') then texte end as nombre,
        case when type = 'date' then texte end as jour,
        borne as jour_du_mois
)

select coalesce(trim_scale(nombres.valeur)::text, jours.valeur::text, {{ function('normaliser') }}(saisie.t), '')
from saisie
cross join lateral {{ function('lire_nombre') }}(saisie.nombre) as nombres
cross join lateral {{ function('lire_date') }}(saisie.jour, saisie.jour_du_mois) as jours
