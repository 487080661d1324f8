{{ config(
    materialized='table',
    tags='reference',
    indexes=[{'columns': ['nom'], 'unique': true}]
) }}

-- Every name a cité was known by, and the words of it that tell cités apart: readers of the past have no right to the
-- functions.
select
    nom,
    {{ function('nom_distinctif') }}(nom) as nom_distinctif
from {{ histoire('con_territoires') }}
group by nom
